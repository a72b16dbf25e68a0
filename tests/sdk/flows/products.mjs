// Store page, product page, search, related products, the build.
import assert from "node:assert/strict"
import { FIELDS, france, isAmount, productByHandle } from "./starter.mjs"
import { refused, storefront } from "./world.mjs"

const handles = (page) => page.products.map((each) => each.handle)

export default async () => {
  const sdk = storefront()
  const region = await france(sdk)
  const page = { limit: 12, offset: 0, region_id: region.id, fields: FIELDS.product }

  const all = await sdk.store.product.list(page)
  assert.deepEqual(handles(all).sort(), ["aura", "music-shield", "nova", "sold-out"])
  assert.deepEqual([all.count, all.offset, all.limit], [4, 0, 12])
  all.products.forEach(checkCard)

  const aura = await productByHandle(sdk, "aura", region.id)
  checkPage(aura)
  const nova = await productByHandle(sdk, "nova", region.id)
  const reduced = nova.variants[0].calculated_price
  assert.deepEqual([reduced.calculated_amount, reduced.original_amount], [249, 299.9])
  assert.equal(reduced.calculated_price.price_list_type, "sale")

  const { product } = await sdk.store.product.retrieve(aura.id, { region_id: region.id, fields: FIELDS.product })
  assert.deepEqual(product, aura)
  const taxed = await sdk.store.product.retrieve(aura.id, { region_id: region.id, country_code: "fr", fields: FIELDS.product })
  const { calculated_amount_with_tax, calculated_amount_without_tax } = taxed.product.variants[0].calculated_price
  assert.deepEqual([calculated_amount_with_tax, calculated_amount_without_tax], [349, 290.83])

  const ids = [aura.id, nova.id]
  assert.deepEqual(handles(await sdk.store.product.list({ ...page, id: ids })).sort(), ["aura", "nova"])
  const [first] = aura.categories ?? (await sdk.store.product.retrieve(aura.id, { fields: "*categories" })).product.categories
  assert.deepEqual(handles(await sdk.store.product.list({ ...page, category_id: [first.id] })), ["aura"])
  assert.deepEqual(handles(await sdk.store.product.list({ ...page, collection_id: [aura.collection_id] })).sort(), ["aura", "nova"])
  const related = { collection_id: [aura.collection_id], tag_id: aura.tags.map((tag) => tag.id), is_giftcard: false }
  assert.deepEqual(handles(await sdk.store.product.list({ ...page, ...related })), ["aura"])
  assert.deepEqual(handles(await sdk.store.product.list({ ...page, type_id: aura.type_id })), ["aura"])
  assert.deepEqual(handles(await sdk.store.product.list({ ...page, q: "music" })), ["music-shield"])
  const either = { $or: [{ handle: ["aura", "none"] }, { title: nova.title }], $and: [{ collection_id: aura.collection_id }] }
  assert.deepEqual(handles(await sdk.store.product.list({ ...page, ...either })).sort(), ["aura", "nova"])
  const beginning = await sdk.store.product.list({ ...page, limit: 1, offset: 1, order: "title" })
  assert.deepEqual([handles(beginning), beginning.count, beginning.offset], [["music-shield"], 4, 1])
  assert.deepEqual((await sdk.store.product.list({ ...page, limit: 0 })).products, [])

  // The build asks for the handles alone.
  const built = await sdk.store.product.list({ limit: 100, fields: "handle" })
  built.products.forEach((each) => assert.deepEqual(Object.keys(each).sort(), ["handle", "id"]))

  await refused(sdk.store.product.retrieve("prod_none"), 404, "Product with id: prod_none was not found")
  await refused(sdk.store.product.list({ status: "draft" }), 400, /^Invalid request: Unrecognized fields: 'status'/)
  await refused(sdk.store.product.list({ region_id: "reg_none", fields: FIELDS.product }), 400)
  assert.deepEqual(handles(await sdk.store.product.list({ handle: "brouillon" })), [])
}

function checkCard(product) {
  assert.ok(Array.isArray(product.variants) && Array.isArray(product.tags) && Array.isArray(product.options))
  assert.ok("metadata" in product && "thumbnail" in product)
  for (const variant of product.variants) {
    const price = variant.calculated_price
    assert.ok(isAmount(price.calculated_amount) && isAmount(price.original_amount))
    assert.equal(price.currency_code, "eur")
    assert.equal(price.is_calculated_price_tax_inclusive, true)
    assert.ok(Number.isInteger(variant.inventory_quantity))
    assert.ok(Array.isArray(variant.images))
    // The starter finds the variant by this map, compared whole.
    assert.equal(variant.options.length, product.options.length)
    variant.options.forEach((each) => assert.ok(product.options.some((option) => option.id === each.option_id)))
  }
}

function checkPage(aura) {
  const { variants, options, images } = aura
  assert.deepEqual(variants.map((each) => each.calculated_price.calculated_amount), [349, 349])
  assert.equal(variants[0].calculated_price.calculated_price.price_list_type, null)
  assert.deepEqual(options.map((each) => each.title), ["Couleur"])
  assert.deepEqual(options[0].values.map((each) => each.value), ["Noir", "Ecaille"])
  assert.equal(images.length, 2)
  images.forEach((image) => assert.match(image.url, /^https?:\/\//))
  assert.equal(aura.thumbnail, images[0].url)
  assert.deepEqual(aura.tags.map((each) => each.value), ["nouveau"])
  assert.deepEqual([aura.type.value, aura.collection.handle], ["lunettes", "hiver"])
}
