// "Get my guest order": the order's own address decides.
import assert from "node:assert/strict"
import { buy, signUp } from "./starter.mjs"
import { mailedLink, refused, storefront, unique } from "./world.mjs"

const TOKEN = /transfer\/([\w.~-]+)|[?&]token=([\w.~-]+)/

export default async () => {
  const sdk = storefront()
  const { headers } = await signUp(sdk)
  const fields = { fields: "id, email" }
  const request = (id, given = headers) => sdk.store.order.requestTransfer(id, {}, fields, given)
  const ids = async () => (await sdk.store.order.list({}, headers)).orders.map((each) => each.id)

  const { order, email } = await guestOrder(sdk)
  await refused(request(order.id, {}), 401, "Unauthorized")
  const asked = await request(order.id)
  assert.equal(asked.order.id, order.id)
  const token = await mailedToken(email)
  await refused(sdk.store.order.acceptTransfer(order.id, { token: "faux" }, {}, headers), 400, "Invalid token.")
  assert.deepEqual(await ids(), [])
  const accepted = await sdk.store.order.acceptTransfer(order.id, { token }, {}, {})
  assert.equal(accepted.order.id, order.id)
  assert.deepEqual(await ids(), [order.id])
  await refused(request(order.id), 400, /already belongs to customer/)

  const declined = await guestOrder(sdk)
  await request(declined.order.id)
  const second = await mailedToken(declined.email)
  await refused(sdk.store.order.declineTransfer(declined.order.id, { token: "faux" }), 400, "Invalid token.")
  await sdk.store.order.declineTransfer(declined.order.id, { token: second })
  await refused(sdk.store.order.acceptTransfer(declined.order.id, { token: second }), 400)

  const cancelled = await guestOrder(sdk)
  await request(cancelled.order.id)
  const third = await mailedToken(cancelled.email)
  await sdk.store.order.cancelTransfer(cancelled.order.id, {}, headers)
  await refused(sdk.store.order.acceptTransfer(cancelled.order.id, { token: third }), 400)
  assert.deepEqual(await ids(), [order.id])
}

async function guestOrder(sdk) {
  const email = `${unique("invite")}@example.com`
  return { email, order: await buy(sdk, { email }) }
}

async function mailedToken(email) {
  const [, inPath, inQuery] = await mailedLink(email, TOKEN)
  return inPath ?? inQuery
}
