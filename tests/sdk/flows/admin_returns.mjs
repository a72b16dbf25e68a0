// What the staff does with a parcel that comes back: asked for, announced, counted, looked at; or called off.
import assert from "node:assert/strict"
import { administrator, DELIVERED, refused, storefront, unique } from "./world.mjs"

export default async () => {
  const sdk = await administrator()
  const { order } = await sdk.admin.order.retrieve(DELIVERED.order_id)
  const [line] = order.items
  const reason = { value: unique("trop-petit").toLowerCase(), label: "Trop petit" }
  const { return_reason } = await sdk.admin.returnReason.create(reason)
  assert.ok((await sdk.admin.returnReason.list({ limit: 1000 })).return_reasons.some(({ id }) => id === return_reason.id))

  const asked = { id: line.id, quantity: 2, reason_id: return_reason.id }
  const { return: made } = await sdk.admin.return.initiateRequest({ order_id: order.id })
  await refused(sdk.admin.return.addReturnItem(made.id, { items: [{ ...asked, quantity: 100 }] }), 400)
  await sdk.admin.return.addReturnItem(made.id, { items: [asked] })
  const { shipping_options } = await sdk.admin.shippingOption.list({ is_return: true })
  await sdk.admin.return.addReturnShipping(made.id, { shipping_option_id: shipping_options[0].id })
  await sdk.admin.return.confirmRequest(made.id, {})
  const { returns } = await sdk.admin.return.list({ order_id: order.id, limit: 100 })
  assert.ok(returns.some(({ id, status }) => id === made.id && status === "requested"))

  await sdk.admin.return.initiateReceive(made.id, {})
  await sdk.admin.return.receiveItems(made.id, { items: [{ id: line.id, quantity: 1 }] })
  await sdk.admin.return.dismissItems(made.id, { items: [{ id: line.id, quantity: 1 }] })
  const received = (await sdk.admin.return.confirmReceive(made.id, {})).return
  assert.equal(received.status, "received")
  const [item] = received.items
  assert.deepEqual([item.quantity, item.received_quantity, item.damaged_quantity], [2, 1, 1])
  await refused(sdk.admin.return.confirmReceive(made.id, {}), 409)

  const { return: other } = await sdk.admin.return.initiateRequest({ order_id: order.id })
  await sdk.admin.return.addReturnItem(other.id, { items: [{ ...asked, quantity: 1 }] })
  await sdk.admin.return.confirmRequest(other.id, {})
  assert.equal((await sdk.admin.return.cancel(other.id)).return.status, "canceled")

  // The same words whether or not the order exists: the link goes to its own address.
  const ask = (body) => storefront().client.fetch("/store/withdrawals", { method: "POST", body })
  const mine = await ask({ order_number: String(order.display_id), email: DELIVERED.email })
  assert.deepEqual(await ask({ order_number: "999999", email: DELIVERED.email }), mine)
}
