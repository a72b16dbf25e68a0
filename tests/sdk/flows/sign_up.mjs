// Sign-up with a cart in hand, and what it refuses.
import assert from "node:assert/strict"
import { PASSWORD, fillCart, retrieveCart, retrieveCustomer, signUp } from "./starter.mjs"
import { bearer, refused, storefront, unique } from "./world.mjs"

export default async () => {
  const sdk = storefront()
  const { id } = await fillCart(sdk)
  const { customer, email, token, headers } = await signUp(sdk)
  assert.match(customer.id, /^cus_/)
  assert.deepEqual([customer.email, customer.has_account, customer.addresses ?? []], [email, true, []])
  assert.equal(token.split(".").length, 3)

  await refused(sdk.store.cart.transferCart(id), 401, "Unauthorized")
  const { cart } = await sdk.store.cart.transferCart(id, {}, headers)
  assert.deepEqual([cart.customer_id, cart.email], [customer.id, email])
  const { cart: same } = await sdk.store.cart.transferCart(id, {}, headers)
  assert.equal(same.customer_id, customer.id)
  assert.equal((await retrieveCart(sdk, id, headers)).customer.email, email)
  assert.deepEqual((await retrieveCustomer(sdk, headers)).orders, [])

  const register = (given) => sdk.auth.register("customer", "emailpass", given)
  await refused(register({ email, password: PASSWORD }), 401, "Identity with email already exists")
  await refused(register({ email: email.toUpperCase(), password: PASSWORD }), 401, "Identity with email already exists")
  await refused(register({ email: `${unique("sans")}@example.com` }), 401)
  await refused(sdk.store.customer.create({ email }, {}, {}), 401, "Unauthorized")
  await refused(sdk.store.customer.create({ email }, {}, headers), 400, "Request already authenticated as a customer.")
  const fresh = bearer(await register({ email: `${unique("autre")}@example.com`, password: PASSWORD }))
  await refused(sdk.store.customer.create({ first_name: "Sans" }, {}, fresh), 400)
  await refused(sdk.store.customer.retrieve({}, fresh), 401, "Unauthorized")
}
