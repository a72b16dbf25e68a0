// The account's orders: their list, one of them, and nobody else's.
import assert from "node:assert/strict"
import { FIELDS, buy, retrieveCustomer, retrieveOrder, signUp } from "./starter.mjs"
import { ADDRESS, refused, storefront } from "./world.mjs"

export default async () => {
  const sdk = storefront()
  const { email, headers } = await signUp(sdk)
  const stranger = await signUp(sdk)
  const first = await buy(sdk, { email, headers })
  const second = await buy(sdk, { email, headers, handle: "nova", quantity: 2 })

  const list = (query = {}, given = headers) =>
    sdk.client.fetch("/store/orders", {
      query: { limit: 10, offset: 0, order: "-created_at", fields: FIELDS.orders, ...query },
      headers: given,
    })
  const mine = await list()
  assert.deepEqual(mine.orders.map((each) => each.id), [second.id, first.id])
  assert.deepEqual([mine.count, mine.offset, mine.limit], [2, 0, 10])
  for (const order of mine.orders) {
    assert.ok(order.items.every((item) => item.product && item.variant && "metadata" in item))
    assert.deepEqual([order.currency_code, order.payment_status], ["eur", "captured"])
  }
  assert.deepEqual(mine.orders.map((each) => each.total), [502.9, 353.9])
  assert.deepEqual((await list({ id: first.id })).orders.map((each) => each.id), [first.id])
  assert.deepEqual((await list({}, stranger.headers)).orders, [])
  await refused(list({}, {}), 401, "Unauthorized")
  assert.equal((await sdk.store.order.list({ limit: 1 }, headers)).orders.length, 1)

  const own = await retrieveOrder(sdk, first.id, headers)
  assert.equal(own.email, email)
  // The owner sees the address whole.
  assert.equal(own.shipping_address.address_1, ADDRESS.address_1)
  const { orders } = await retrieveCustomer(sdk, headers)
  assert.deepEqual(orders.map((each) => each.id).sort(), [first.id, second.id].sort())
}
