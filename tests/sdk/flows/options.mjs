// What a filter of the store page is built from; the SDK has methods for it since 2.16.
import assert from "node:assert/strict"
import { productByHandle, france } from "./starter.mjs"
import { refused, storefront } from "./world.mjs"

export default async () => {
  const sdk = storefront()
  const { list, retrieve } = sdk.store.productOption ?? {
    list: (query) => sdk.client.fetch("/store/product-options", { query }),
    retrieve: (id, query) => sdk.client.fetch(`/store/product-options/${id}`, { query }),
  }
  const aura = await productByHandle(sdk, "aura", (await france(sdk)).id)
  const listed = await list({ title: ["Couleur"], limit: 2, offset: 1 })
  assert.deepEqual([listed.count, listed.offset, listed.limit, listed.product_options.length], [4, 1, 2, 2])
  const { product_option } = await retrieve(aura.options[0].id)
  assert.deepEqual([product_option.title, product_option.product_id], ["Couleur", aura.id])
  assert.deepEqual(product_option.values.map((each) => each.value), ["Noir", "Ecaille"])
  const narrow = await retrieve(product_option.id, { fields: "title" })
  assert.deepEqual(narrow.product_option, { id: product_option.id, title: "Couleur" })
  await refused(retrieve("opt_none"), 404, "Product option with id: opt_none was not found")
}
