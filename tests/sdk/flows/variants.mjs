// Pictures of the chosen variant (`?v_id=`).
import assert from "node:assert/strict"
import { france, productByHandle } from "./starter.mjs"
import { refused, storefront } from "./world.mjs"

export default async () => {
  const sdk = storefront()
  const region = await france(sdk)
  const aura = await productByHandle(sdk, "aura", region.id)
  const ask = (id, query) => sdk.client.fetch(`/store/product-variants/${id}`, { method: "GET", query })
  const { variant } = await ask(aura.variants[0].id, { fields: "*images" })
  assert.equal(variant.id, aura.variants[0].id)
  assert.deepEqual(variant.images.map((each) => each.url), aura.images.map((each) => each.url))
  const whole = (await ask(aura.variants[1].id)).variant
  assert.deepEqual([whole.sku, whole.product.id], [aura.variants[1].sku, aura.id])
  await refused(ask("variant_none"), 404)

  const listed = await sdk.client.fetch("/store/product-variants", { query: { id: aura.variants.map((each) => each.id) } })
  assert.deepEqual([listed.count, listed.limit], [2, 20])
  assert.deepEqual(new Set(listed.variants.map((each) => each.id)), new Set(aura.variants.map((each) => each.id)))
}
