// The SDK in a browser with `auth: {type: "session"}`: a cookie instead of a token, under the browser's own rules.
import assert from "node:assert/strict"
import { PASSWORD, signUp } from "./starter.mjs"
import { browser, cookies, plainly, refused, storefront } from "./world.mjs"

export default async () => {
  const { email } = await signUp(storefront())
  const sdk = browser()
  await refused(sdk.store.customer.retrieve(), 401, "Unauthorized")
  await sdk.auth.login("customer", "emailpass", { email, password: PASSWORD })
  assert.deepEqual([...cookies.keys()], ["connect.sid"])
  const cookie = cookies.get("connect.sid")
  assert.ok("httponly" in cookie)

  const { customer } = await sdk.store.customer.retrieve()
  assert.equal(customer.email, email)
  const updated = await sdk.store.customer.update({ last_name: "Durand" })
  assert.equal(updated.customer.last_name, "Durand")
  const { regions } = await sdk.store.region.list()
  const { cart } = await sdk.store.cart.create({ region_id: regions[0].id })
  assert.equal((await sdk.store.cart.transferCart(cart.id)).cart.customer_id, customer.id)

  // A write with the cookie from a page of somebody else, or of nobody, is not ours.
  const write = { method: "POST", body: JSON.stringify({ last_name: "Voleur" }) }
  for (const origin of [{ origin: "https://evil.example" }, {}]) {
    const headers = { cookie: `connect.sid=${cookie.value}`, ...origin }
    const answer = await plainly("/store/customers/me", { ...write, headers })
    assert.ok([401, 403].includes(answer.status), `${answer.status}`)
  }
  assert.equal((await sdk.store.customer.retrieve()).customer.last_name, "Durand")

  await sdk.auth.logout()
  await refused(sdk.store.customer.retrieve(), 401, "Unauthorized")
  cookies.set("connect.sid", cookie)
  await refused(sdk.store.customer.retrieve(), 401, "Unauthorized")
}
