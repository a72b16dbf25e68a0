// A guest pays by card: cart, address, delivery, payment, confirmation page.
import assert from "node:assert/strict"
import { addressAndDelivery, fillCart, isAmount, retrieveCart, retrieveOrder, startPayment } from "./starter.mjs"
import { ADDRESS, payAtStripe, refused, storefront, unique } from "./world.mjs"

export default async () => {
  const sdk = storefront()
  const { id } = await fillCart(sdk, { quantity: 2 })
  const email = `${unique("invite")}@example.com`
  await refused(sdk.store.cart.complete(id), 400)
  await addressAndDelivery(sdk, id, { email })
  const session = await startPayment(sdk, id, "pp_stripe_stripe")
  assert.match(session.data.client_secret, /_secret_/)
  // The provider's own object stays in cents.
  assert.deepEqual([session.amount, session.data.amount, session.data.currency], [702.9, 70290, "eur"])
  const waiting = await retrieveCart(sdk, id)
  assert.deepEqual(waiting.payment_collection.payment_sessions.map((each) => each.id), [session.id])

  // Any change drops the session: a client opens a new one, for the new amount.
  await sdk.store.cart.updateLineItem(id, waiting.items[0].id, { quantity: 1 })
  const changed = await retrieveCart(sdk, id)
  assert.deepEqual([changed.payment_collection.amount, changed.payment_collection.payment_sessions], [353.9, []])
  const anew = await startPayment(sdk, id, "pp_stripe_stripe")
  assert.notEqual(anew.id, session.id)
  await payAtStripe(anew.data.id)

  const completed = await sdk.store.cart.complete(id, {}, {})
  assert.equal(completed.type, "order")
  assert.equal(completed.order.shipping_address.country_code, "fr")
  const again = await sdk.store.cart.complete(id)
  assert.deepEqual([again.type, again.order.id], ["order", completed.order.id])
  const { cart: closed } = await sdk.store.cart.retrieve(id)
  assert.ok(closed.completed_at)
  await refused(sdk.store.cart.update(id, { email }), 400, /is already completed/)
  await confirmation(sdk, completed.order.id)
}

async function confirmation(sdk, id) {
  const order = await retrieveOrder(sdk, id)
  assert.match(order.id, /^order_[0-9a-z]{26}$/)
  assert.ok(Number.isInteger(order.display_id))
  assert.deepEqual([order.status, order.payment_status, order.fulfillment_status], ["pending", "captured", "not_fulfilled"])
  assert.deepEqual([order.total, order.item_total, order.shipping_total, order.tax_total], [353.9, 349, 4.9, 58.99])
  assert.ok(Array.isArray(order.shipping_methods) && order.shipping_methods.length === 1)
  const [payment] = order.payment_collections[0].payments
  assert.deepEqual([payment.provider_id, payment.amount, payment.currency_code], ["pp_stripe_stripe", 353.9, "eur"])
  assert.ok(isAmount(order.summary.paid_total))
  assert.deepEqual(order.items.map((each) => [each.product_title, each.quantity, each.total]), [["Aura", 1, 349]])
  assert.ok(order.items[0].variant && order.items[0].product)
  // Whoever knows the id sees no street.
  assert.equal(order.shipping_address.country_code, "fr")
  for (const name of ["address_1", "postal_code", "phone", "last_name"]) {
    assert.equal(typeof order.shipping_address[name], "string")
    assert.notEqual(order.shipping_address[name], ADDRESS[name], name)
  }
  const { order: plain } = await sdk.store.order.retrieve(id)
  assert.equal(plain.total, 353.9)
  await refused(sdk.store.order.retrieve("order_none"), 404, "Order id not found: order_none")
}
