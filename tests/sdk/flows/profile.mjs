// The account: profile and address book.
import assert from "node:assert/strict"
import { retrieveCustomer, signUp } from "./starter.mjs"
import { ADDRESS, refused, storefront } from "./world.mjs"

export default async () => {
  const sdk = storefront()
  const { email, headers } = await signUp(sdk)
  const stranger = await signUp(sdk)
  await refused(sdk.client.fetch("/store/customers/me", { query: { fields: "*orders" } }), 401, "Unauthorized")
  const { customer } = await sdk.store.customer.retrieve({}, headers)
  assert.deepEqual([customer.email, customer.first_name, "orders" in customer], [email, "Jeanne", false])

  const update = (body) => sdk.store.customer.update(body, {}, headers)
  const updated = await update({ first_name: "Jeanne-Marie", phone: "+33 1 99 00 00 00", metadata: { pointure: 38 } })
  assert.deepEqual([updated.customer.first_name, updated.customer.last_name], ["Jeanne-Marie", "Martin"])
  assert.deepEqual(updated.customer.metadata, { pointure: 38 })
  await refused(update({ email: "autre@example.com" }), 400, "Invalid request: Unrecognized fields: 'email'")
  await refused(sdk.store.customer.retrieve({ fields: "*groups" }, headers), 400, /groups/)

  const [first, second] = await addressBook(sdk, headers)
  await refused(sdk.store.customer.retrieveAddress(first.id, {}, stranger.headers), 404)
  await refused(sdk.store.customer.updateAddress(first.id, { city: "Lyon" }, {}, stranger.headers), 404)
  await refused(sdk.store.customer.deleteAddress(first.id, stranger.headers), 404)
  const gone = await sdk.store.customer.deleteAddress(first.id, headers)
  assert.deepEqual([gone.id, gone.object, gone.deleted], [first.id, "address", true])
  assert.deepEqual((await retrieveCustomer(sdk, headers)).addresses.map((each) => each.id), [second.id])
}

async function addressBook(sdk, headers) {
  const create = (body) => sdk.store.customer.createAddress(body, {}, headers)
  await create({ ...ADDRESS, is_default_billing: false, is_default_shipping: true })
  const { customer } = await create({ ...ADDRESS, city: "Lyon", address_name: "Bureau", is_default_shipping: true })
  const [first, second] = [...customer.addresses].sort((one, other) => other.city.localeCompare(one.city))
  assert.deepEqual([first.is_default_shipping, second.is_default_shipping], [false, true])
  assert.equal(second.address_name, "Bureau")
  await refused(create({ ...ADDRESS, nonsense: 1 }), 400, "Invalid request: Unrecognized fields: 'nonsense'")

  const listed = await sdk.store.customer.listAddress({}, headers)
  assert.deepEqual([listed.count, listed.limit, listed.addresses.length], [2, 50, 2])
  const { address } = await sdk.store.customer.retrieveAddress(first.id, {}, headers)
  assert.deepEqual([address.id, address.city], [first.id, "Paris"])
  const changed = await sdk.store.customer.updateAddress(first.id, { city: "Nantes" }, {}, headers)
  assert.equal(changed.customer.addresses.find((each) => each.id === first.id).city, "Nantes")
  return [first, second]
}
