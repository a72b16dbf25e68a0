// Menu, category page, collection page, and what the SDK has no method for.
import assert from "node:assert/strict"
import { FIELDS } from "./starter.mjs"
import { refused, storefront } from "./world.mjs"

export default async () => {
  const sdk = storefront()
  await categories(sdk)
  await collections(sdk)
  await others(sdk)
  // The language menu hides when there is no list of languages.
  if (sdk.store.locale) await refused(sdk.store.locale.list(), 404)
  else await refused(sdk.client.fetch("/store/locales"), 404)
}

async function categories(sdk) {
  const query = { fields: FIELDS.categories, limit: 100 }
  const { product_categories } = await sdk.client.fetch("/store/product-categories", { query })
  const [child] = product_categories.filter((each) => each.handle === "montures/lecture")
  assert.equal(child.parent_category.handle, "montures")
  assert.equal(child.parent_category.parent_category ?? null, null)
  const [parent] = product_categories.filter((each) => each.handle === "montures")
  assert.deepEqual(parent.category_children.map((each) => each.handle), ["montures/lecture"])
  // No draft among the products (Medusa shows them).
  assert.deepEqual(parent.products.map((each) => each.handle), ["aura"])

  const handle = ["montures", "lecture"].join("/")
  const found = await sdk.store.category.list({ handle, fields: FIELDS.category })
  assert.deepEqual(found.product_categories.map((each) => each.id), [child.id])
  const { product_category } = await sdk.store.category.retrieve(parent.id)
  assert.deepEqual([product_category.name, product_category.parent_category_id], ["Montures", null])
  await refused(sdk.store.category.retrieve("pcat_none"), 404)
}

async function collections(sdk) {
  const listed = await sdk.store.collection.list({ fields: "id,handle,title", limit: "100", offset: "0" })
  assert.deepEqual(listed.collections.map((each) => each.handle), ["hiver"])
  const { collections } = await sdk.store.collection.list({ handle: "hiver", fields: "*products" })
  assert.deepEqual(collections[0].products.map((each) => each.handle).sort(), ["aura", "nova"])
  const { collection } = await sdk.store.collection.retrieve(collections[0].id)
  assert.deepEqual([collection.title, "products" in collection], ["Hiver", false])
  assert.equal((await sdk.store.collection.list()).limit, 10)
  await refused(sdk.store.collection.retrieve("pcol_none"), 404)
}

async function others(sdk) {
  for (const [path, plural, singular] of [
    ["product-tags", "product_tags", "product_tag"],
    ["product-types", "product_types", "product_type"],
    ["return-reasons", "return_reasons", "return_reason"],
  ]) {
    const list = await sdk.client.fetch(`/store/${path}`)
    assert.deepEqual([list.count, list.offset], [list[plural].length, 0], path)
    assert.ok(list[plural].length > 0 && list[plural][0].value, path)
    const one = await sdk.client.fetch(`/store/${path}/${list[plural][0].id}`)
    assert.equal(one[singular].id, list[plural][0].id)
    await refused(sdk.client.fetch(`/store/${path}/none`), 404)
  }
  const { currencies } = await sdk.client.fetch("/store/currencies")
  assert.ok(currencies.some((each) => each.code === "eur" && each.decimal_digits === 2))
  assert.equal((await sdk.client.fetch("/store/currencies/eur")).currency.code, "eur")
}
