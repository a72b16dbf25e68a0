// The layout of every page once a cart exists, the delivery step, the ways to pay.
import assert from "node:assert/strict"
import { addressAndDelivery, fillCart, france, isAmount } from "./starter.mjs"
import { refused, storefront, unique } from "./world.mjs"

export default async () => {
  const sdk = storefront()
  const cart = await fillCart(sdk)
  const { shipping_options } = await sdk.store.fulfillment.listCartOptions({ cart_id: cart.id })
  assert.ok(shipping_options.length > 0)
  for (const option of shipping_options) {
    assert.deepEqual([option.price_type, option.insufficient_inventory, isAmount(option.amount)], ["flat", false, true])
    assert.ok(Array.isArray(option.prices) && Array.isArray(option.prices.filter(Boolean)))
    option.prices.forEach((price) => assert.ok(Array.isArray(price.price_rules) && isAmount(price.amount)))
    assert.ok(["shipping", "pickup"].includes(option.service_zone.fulfillment_set.type))
    assert.ok(isAmount(option.calculated_price.calculated_amount))
  }
  const chosen = await addressAndDelivery(sdk, cart.id, { email: `${unique("colis")}@example.com` })
  const { cart: addressed } = await sdk.store.cart.addShippingMethod(cart.id, { option_id: chosen.id })
  assert.deepEqual(addressed.shipping_methods.map((each) => [each.shipping_option_id, each.name]), [[chosen.id, chosen.name]])
  assert.deepEqual([addressed.shipping_total, addressed.total], [4.9, 353.9])
  await refused(sdk.store.cart.addShippingMethod(cart.id, { option_id: "so_none" }), 400, "Shipping Options are invalid for cart.")
  await refused(sdk.store.fulfillment.listCartOptions({ cart_id: "cart_none" }), 404)
  await refused(sdk.store.fulfillment.listCartOptions({}), 400, "Invalid request: Field 'cart_id' is required")

  const { shipping_option } = await sdk.store.fulfillment.calculate(chosen.id, { cart_id: cart.id })
  assert.deepEqual([shipping_option.id, shipping_option.amount], [chosen.id, 4.9])

  const region = await france(sdk)
  const { payment_providers } = await sdk.store.payment.listPaymentProviders({ region_id: region.id })
  assert.deepEqual(payment_providers.map((each) => each.id).sort(), ["pp_stripe_stripe", "pp_system_default"])
  await refused(sdk.store.payment.listPaymentProviders({}), 400)

  const taxed = await sdk.client.fetch(`/store/carts/${cart.id}/taxes`, { method: "POST" })
  assert.equal(taxed.cart.tax_total, 58.99)
}
