// What the staff does with an order: find it, have it paid, pack, ship, deliver, close it; or give it up.
import assert from "node:assert/strict"
import { addressAndDelivery, fillCart, retrieveOrder, startPayment } from "./starter.mjs"
import { administrator, refused, storefront, unique } from "./world.mjs"

const place = async (email) => {
  const sdk = storefront()
  const cart = await fillCart(sdk)
  await addressAndDelivery(sdk, cart.id, { email })
  await startPayment(sdk, cart.id, "pp_system_default")
  const completed = await sdk.store.cart.complete(cart.id)
  assert.equal(completed.type, "order")
  return completed.order
}

export default async () => {
  const sdk = await administrator()
  const email = `${unique("colis")}@example.com`
  const placed = await place(email)
  const { orders, count } = await sdk.admin.order.list({ q: email })
  assert.deepEqual([count, orders[0].id, orders[0].payment_status], [1, placed.id, "authorized"])
  const { order } = await sdk.admin.order.retrieve(placed.id)
  const items = order.items.map(({ id, quantity }) => ({ id, quantity }))
  await refused(sdk.admin.order.createFulfillment(order.id, { items }), 409)

  const [payment] = order.payment_collections[0].payments
  const captured = (await sdk.admin.payment.capture(payment.id, {})).payment
  assert.equal(captured.captured_amount, order.total)
  const packed = (await sdk.admin.order.createFulfillment(order.id, { items })).order
  assert.equal(packed.fulfillment_status, "fulfilled")
  const [first] = packed.fulfillments
  await refused(sdk.admin.order.createFulfillment(order.id, { items }), 400)
  await sdk.admin.order.cancelFulfillment(order.id, first.id, {})
  await sdk.admin.order.update(order.id, { metadata: { appel: "le matin" } })
  const fetchOrder = (path) => sdk.client.fetch(`/admin/orders/${order.id}${path}`, { method: "POST", body: {} })
  await refused(fetchOrder("/complete"), 409)

  const again = (await sdk.admin.order.createFulfillment(order.id, { items })).order
  const parcel = again.fulfillments.find(({ canceled_at }) => !canceled_at)
  await refused(sdk.admin.order.cancel(order.id), 409)
  const labels = [{ tracking_number: "6A1", tracking_url: "https://suivi.example/6A1", label_url: "#" }]
  const shipped = (await sdk.admin.order.createShipment(order.id, parcel.id, { items, labels })).order
  assert.equal(shipped.fulfillment_status, "shipped")
  const delivered = (await sdk.admin.order.markAsDelivered(order.id, parcel.id)).order
  assert.equal(delivered.fulfillment_status, "delivered")
  assert.equal((await retrieveOrder(storefront(), order.id)).fulfillment_status, "delivered")
  const { payment: refunded } = await sdk.admin.payment.refund(payment.id, {
    amount: 1,
    refund_reason_id: "lost_in_transit",
  })
  assert.equal(refunded.refunded_amount, 1)
  assert.equal((await fetchOrder("/complete")).order.status, "completed")
  assert.equal((await fetchOrder("/archive")).order.status, "archived")

  const unpaid = await place(email)
  const { order: gone } = await sdk.admin.order.cancel(unpaid.id)
  assert.deepEqual([gone.status, gone.payment_status, gone.total], ["canceled", "canceled", 0])
}
