// Add to cart, quantities, removal, region, addresses; each with its refusal.
import assert from "node:assert/strict"
import { FIELDS, fillCart, france, productByHandle, retrieveCart } from "./starter.mjs"
import { ADDRESS, refused, storefront } from "./world.mjs"

export default async () => {
  const sdk = storefront()
  const region = await france(sdk)
  const aura = await productByHandle(sdk, "aura", region.id)
  const [noir, ecaille] = aura.variants.map((each) => each.id)
  const { cart } = await sdk.store.cart.create({ region_id: region.id, locale: undefined }, {}, {})
  assert.match(cart.id, /^cart_/)
  assert.deepEqual([cart.items, cart.shipping_methods, cart.promotions, cart.credit_lines], [[], [], [], []])
  assert.deepEqual([cart.currency_code, cart.total, cart.customer_id, cart.completed_at ?? null], ["eur", 0, null, null])
  const known = await sdk.store.cart.retrieve(cart.id, { fields: "id,region_id" })
  assert.deepEqual(known.cart, { id: cart.id, region_id: region.id })

  await sdk.store.cart.createLineItem(cart.id, { variant_id: noir, quantity: 2 })
  const { cart: merged } = await sdk.store.cart.createLineItem(cart.id, { variant_id: noir, quantity: 1 })
  assert.deepEqual(merged.items.map((each) => each.quantity), [3])
  await sdk.store.cart.createLineItem(cart.id, { variant_id: noir, quantity: 1, metadata: { gravure: "J. M." } })
  await sdk.store.cart.createLineItem(cart.id, { variant_id: ecaille, quantity: 1 })
  checkPage(await retrieveCart(sdk, cart.id))

  const line = merged.items[0].id
  const { cart: five } = await sdk.store.cart.updateLineItem(cart.id, line, { quantity: 5 }, { fields: FIELDS.cart })
  assert.equal(five.items.find((each) => each.id === line).total, 1745)
  const removed = await sdk.store.cart.deleteLineItem(cart.id, line)
  assert.deepEqual([removed.id, removed.object, removed.deleted], [line, "line-item", true])
  assert.equal(removed.parent.items.length, 2)
  await refused(sdk.store.cart.updateLineItem(cart.id, line, { quantity: 1 }), 404, `Line item with id: ${line} was not found`)
  await refused(sdk.store.cart.deleteLineItem(cart.id, line), 404)
  const nought = await sdk.store.cart.updateLineItem(cart.id, removed.parent.items[0].id, { quantity: 0 })
  assert.equal(nought.cart.items.length, 1)

  await refusals(sdk, cart.id, noir)
  await addresses(sdk, cart.id)
  await otherRegion(sdk)
}

function checkPage(cart) {
  assert.equal(cart.items.length, 3)
  assert.deepEqual([cart.region.currency_code, cart.item_total, cart.total], ["eur", 1745, 1745])
  // No address yet, so no tax.
  assert.deepEqual([cart.tax_total, cart.subtotal], [0, 1745])
  for (const item of cart.items) {
    assert.equal(item.total, item.unit_price * item.quantity)
    assert.equal(item.original_total, item.total)
    assert.equal(item.product.id, item.product_id)
    assert.equal(item.variant.id, item.variant_id)
    assert.deepEqual([item.product_title, item.product_handle, item.title], ["Aura", "aura", "Aura"])
    assert.ok(item.thumbnail && item.variant_title)
    assert.deepEqual([item.adjustments, item.tax_lines], [[], []])
    assert.ok(item.metadata === null || typeof item.metadata === "object")
  }
  assert.equal(cart.items.filter((each) => each.metadata?.gravure === "J. M.").length, 1)
}

async function refusals(sdk, id, variant_id) {
  const add = (body) => sdk.store.cart.createLineItem(id, body)
  await refused(add({ variant_id: "variant_none", quantity: 1 }), 400, /do not exist or belong to a product that is not published/)
  await refused(add({ variant_id, quantity: 1.5 }), 400, /^Invalid request: /)
  await refused(add({ variant_id, quantity: "2" }), 400, "Invalid request: Expected type: 'number' for field 'quantity', got: 'string'")
  await refused(add({ variant_id, quantity: 1, unit_price: 1 }), 400, "Invalid request: Unrecognized fields: 'unit_price'")
  await refused(add({ variant_id }), 400, "Invalid request: Field 'quantity' is required")
  await refused(add({ variant_id, quantity: 5000 }), 400, "Some variant does not have the required inventory")
  await refused(sdk.store.cart.update(id, { email: "nope" }), 400, "Invalid request: Invalid email")
  await refused(sdk.store.cart.update(id, { shipping_address: { ...ADDRESS, country_code: "us" } }), 400, /^Country with code us is not within region /)
  await refused(sdk.store.cart.retrieve("cart_none"), 404, "Cart with id 'cart_none' not found")
  await refused(sdk.store.cart.create({ region_id: "reg_none" }), 404, "No regions found")
}

async function addresses(sdk, id) {
  // A form field that is not there arrives as null.
  const shipping_address = { ...ADDRESS, company: null, province: null }
  const given = { shipping_address, billing_address: shipping_address, email: "Jeanne@Example.com" }
  const { cart } = await sdk.store.cart.update(id, given)
  assert.equal(cart.email, "jeanne@example.com")
  for (const [name, value] of Object.entries(shipping_address)) {
    assert.equal(cart.shipping_address[name], value, name)
    assert.equal(cart.billing_address[name], value, name)
  }
  assert.deepEqual([cart.total, cart.subtotal, cart.tax_total], [349, 290.83, 58.17])
  assert.deepEqual(cart.items[0].tax_lines.map((each) => each.rate), [20])
  const { cart: noted } = await sdk.store.cart.update(id, { metadata: { source: "sdk" } })
  assert.deepEqual([noted.metadata, noted.email], [{ source: "sdk" }, "jeanne@example.com"])
}

async function otherRegion(sdk) {
  const cart = await fillCart(sdk)
  const { regions } = await sdk.store.region.list({ currency_code: "chf" })
  const { cart: moved } = await sdk.store.cart.update(cart.id, { region_id: regions[0].id })
  assert.deepEqual([moved.currency_code, moved.region_id, moved.items[0].unit_price], ["chf", regions[0].id, 360])
  assert.equal(moved.shipping_address.country_code, "ch")
}
