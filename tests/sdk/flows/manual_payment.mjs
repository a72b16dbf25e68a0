// The manual provider: the order is placed, the money is recorded later.
import assert from "node:assert/strict"
import { addressAndDelivery, fillCart, retrieveOrder, startPayment } from "./starter.mjs"
import { refused, storefront, unique } from "./world.mjs"

export default async () => {
  const sdk = storefront()
  const cart = await fillCart(sdk)
  await addressAndDelivery(sdk, cart.id, { email: `${unique("virement")}@example.com` })
  const start = (provider_id) => sdk.store.payment.initiatePaymentSession(cart, { provider_id })
  await refused(start("pp_none"), 400)
  await startPayment(sdk, cart.id, "pp_system_default")
  const completed = await sdk.store.cart.complete(cart.id)
  assert.equal(completed.type, "order")
  const order = await retrieveOrder(sdk, completed.order.id)
  assert.deepEqual([order.status, order.total, order.summary.paid_total], ["pending", 353.9, 0])
  assert.ok(["not_paid", "awaiting", "authorized"].includes(order.payment_status), order.payment_status)
}
