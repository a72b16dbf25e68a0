// Tokens: kept by the SDK, refreshed, thrown away; bad ones.
import assert from "node:assert/strict"
import { PASSWORD, signUp } from "./starter.mjs"
import { bearer, refused, storefront, tokenKeeper, unique } from "./world.mjs"

export default async () => {
  const { email } = await signUp(storefront())
  const sdk = tokenKeeper()
  const login = (given) => sdk.auth.login("customer", "emailpass", given)
  const wrong = await refused(login({ email, password: "faux" }), 401, "Invalid email or password")
  const nobody = await refused(login({ email: `${unique("nul")}@example.com`, password: PASSWORD }), 401)
  assert.equal(wrong.message, nobody.message)
  await refused(sdk.store.customer.retrieve(), 401, "Unauthorized")

  const token = await login({ email: email.toUpperCase(), password: PASSWORD })
  assert.equal((await sdk.store.customer.retrieve()).customer.email, email)
  // The newer SDK gives the whole body.
  const refreshed = await sdk.auth.refresh()
  const fresh = refreshed.token ?? refreshed
  assert.equal(fresh.split(".").length, 3)
  assert.equal((await sdk.store.customer.retrieve({}, bearer(fresh))).customer.email, email)
  await refused(sdk.auth.refresh(bearer("nonsense")), 401)
  await sdk.auth.logout()
  await refused(sdk.store.customer.retrieve(), 401, "Unauthorized")

  // A bad token closes what needs one, and only that.
  const [head, body, signature] = token.split(".")
  for (const bad of ["nonsense", `${head}.${body}.${signature.slice(0, -4)}AAAA`, `${head}.${body}.`]) {
    await refused(sdk.store.customer.retrieve({}, bearer(bad)), 401, "Unauthorized")
    assert.ok((await sdk.store.region.list({}, bearer(bad))).regions.length > 0)
  }
}
