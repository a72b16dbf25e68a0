// Promotion codes: typed in the summary, several, one by one, wrong ones.
import assert from "node:assert/strict"
import { addressAndDelivery, fillCart, retrieveCart } from "./starter.mjs"
import { refused, storefront, unique } from "./world.mjs"

export default async () => {
  const sdk = storefront()
  const { id } = await fillCart(sdk, { quantity: 3 })
  await addressAndDelivery(sdk, id, { email: `${unique("promo")}@example.com` })
  await sdk.store.cart.update(id, { promo_codes: ["DIX"] })
  const cart = await retrieveCart(sdk, id)
  assert.deepEqual(cart.promotions.map((each) => [each.code, each.application_method.type]), [["DIX", "percentage"]])
  assert.deepEqual([cart.discount_total, cart.discount_subtotal, cart.discount_tax_total], [104.7, 87.25, 17.45])
  assert.deepEqual([cart.item_total, cart.item_subtotal, cart.original_item_total], [942.3, 872.5, 1047])
  const [line] = cart.items
  assert.deepEqual([line.total, line.original_total], [942.3, 1047])
  assert.deepEqual(line.adjustments.map((each) => [each.code, each.amount]), [["DIX", 104.7]])

  await refused(sdk.store.cart.update(id, { promo_codes: ["DIX", "FAUX"] }), 400, "The promotion code FAUX is invalid")
  assert.deepEqual((await retrieveCart(sdk, id)).promotions.map((each) => each.code), ["DIX"])

  const added = await change(sdk, "addPromotions", "POST", id, ["CADEAU"])
  assert.deepEqual(added.promotions.map((each) => each.code).sort(), ["CADEAU", "DIX"])
  const removed = await change(sdk, "removePromotions", "DELETE", id, ["DIX"])
  assert.deepEqual(removed.promotions.map((each) => [each.code, each.application_method.value]), [["CADEAU", 5]])
  assert.equal(removed.discount_total, 5)
  await refused(change(sdk, "addPromotions", "POST", id, ["FAUX"]), 400, "The promotion code FAUX is invalid")

  const { cart: cleared } = await sdk.store.cart.update(id, { promo_codes: [] })
  assert.deepEqual([cleared.promotions, cleared.discount_total], [[], 0])
}

/** The newer SDK has methods for it; before it, one calls the route. */
async function change(sdk, name, method, id, promo_codes) {
  const body = { promo_codes }
  if (sdk.store.cart[name]) return (await sdk.store.cart[name](id, body)).cart
  return (await sdk.client.fetch(`/store/carts/${id}/promotions`, { method, body })).cart
}
