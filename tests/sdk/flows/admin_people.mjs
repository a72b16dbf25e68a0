// The owner's own business: who works here, what programs and storefronts call with.
import assert from "node:assert/strict"
import { administrator, program, refused, unique } from "./world.mjs"

export default async () => {
  const sdk = await administrator()
  const { user } = await sdk.admin.user.me()
  assert.equal(user.role, "owner")
  assert.ok((await sdk.admin.user.list()).users.some(({ id }) => id === user.id))

  const email = `${unique("vendeuse")}@example.com`
  const { invite } = await sdk.admin.invite.create({ email })
  assert.equal(invite.email, email)
  assert.ok(invite.token.length > 40)
  const { invites } = await sdk.admin.invite.list()
  assert.deepEqual(invites.filter(({ id }) => id === invite.id).map(({ token }) => token), [null])

  const title = unique("Caisse")
  const { api_key } = await sdk.admin.apiKey.create({ title, type: "secret" })
  const till = program(api_key.token)
  const shown = (await till.admin.refundReason.list()).refund_reasons
  assert.ok(shown.length > 0)
  await refused(till.admin.apiKey.list(), 403)
  const listed = (await sdk.admin.apiKey.list({ q: title })).api_keys
  assert.deepEqual(listed.map(({ id, token }) => [id, token]), [[api_key.id, ""]])
  await sdk.admin.apiKey.revoke(api_key.id, { revoke_in: 0 })
  await refused(till.admin.refundReason.list(), 401)

  const storefront = (await sdk.admin.apiKey.create({ title: unique("Site"), type: "publishable" })).api_key
  const channel = storefront.sales_channels[0].id
  await sdk.admin.apiKey.batchSalesChannels(storefront.id, { add: [channel] })
  await refused(sdk.admin.apiKey.batchSalesChannels(storefront.id, { remove: [channel] }), 400)
}
