// A guest sends a piece back: the order's id and its e-mail are the key.
import assert from "node:assert/strict"
import { buy } from "./starter.mjs"
import { DELIVERED, refused, storefront, unique } from "./world.mjs"

export default async () => {
  const sdk = storefront()
  const { return_reasons } = await sdk.client.fetch("/store/return-reasons")
  const { cart } = await sdk.store.cart.create({})
  const query = { cart_id: cart.id, is_return: true }
  const { shipping_options } = await sdk.client.fetch("/store/shipping-options", { query })
  const way = { option_id: shipping_options[0].id }
  const send = (body) => sdk.client.fetch("/store/returns", { method: "POST", body })

  const order = await sdk.client.fetch(`/store/orders/${DELIVERED.order_id}`, { query: { fields: "*items" } })
  const [line] = order.order.items
  const body = { ...DELIVERED, return_shipping: way }
  const asked = { id: line.id, quantity: 1, reason_id: return_reasons[0].id, note: "Trop petite" }
  const { return: made } = await send({ ...body, items: [asked] })
  assert.match(made.id, /^return_[0-9a-z]{26}$/)
  assert.deepEqual([made.order_id, made.status], [DELIVERED.order_id, "requested"])
  const [item] = made.items
  assert.deepEqual([item.item_id, item.quantity, item.received_quantity ?? 0], [line.id, 1, 0])
  assert.deepEqual([item.reason_id, item.note], [return_reasons[0].id, "Trop petite"])
  assert.ok(Array.isArray(made.shipping_methods))

  const items = [{ id: line.id, quantity: 1 }]
  await refused(send({ ...body, items: [{ id: line.id, quantity: 100 }] }), 400)
  await refused(send({ ...body, items: [{ id: "ordli_none", quantity: 1 }] }), 400)
  await refused(send({ ...body, items: [{ ...items[0], reason_id: "rr_none" }] }), 400)
  await refused(send({ ...body, items: [] }), 400, /^Invalid request: /)
  await refused(send({ ...body, items: [{ id: line.id, quantity: 0 }] }), 400, /^Invalid request: /)
  await refused(send({ ...DELIVERED, items }), 400, "Invalid request: Field 'return_shipping' is required")

  // The same words for another's order and for no order.
  const other = await refused(send({ ...body, items, email: "autre@example.com" }), 404)
  const none = await refused(send({ ...body, items, order_id: "order_none" }), 404)
  assert.equal(other.message.replaceAll(DELIVERED.order_id, "order_none"), none.message)

  // Nothing was shipped of a new order, so nothing can come back.
  const email = `${unique("retour")}@example.com`
  const fresh = await buy(sdk, { email })
  const early = { order_id: fresh.id, email, items: [{ id: fresh.items[0].id, quantity: 1 }], return_shipping: way }
  await refused(send(early), 400)
}
