// The lost password: a link by mail, good once.
import assert from "node:assert/strict"
import { PASSWORD, signUp } from "./starter.mjs"
import { bearer, mailedLink, plainly, refused, storefront, unique } from "./world.mjs"

const OTHER = "un-autre-mot-de-passe"

export default async () => {
  const sdk = storefront()
  const { email, headers } = await signUp(sdk)
  const reset = (identifier) => sdk.auth.resetPassword("customer", "emailpass", { identifier })
  await reset(email)
  await reset(`${unique("inconnue")}@example.com`)
  await refused(sdk.auth.resetPassword("customer", "emailpass", {}), 400)
  const [, token] = await mailedLink(email, /[?&]token=([\w.~-]+)/)

  const update = (given, password = OTHER) => sdk.auth.updateProvider("customer", "emailpass", { password }, given)
  await refused(update(headers.authorization.slice("Bearer ".length)), 401, "Invalid token")
  await refused(update("nonsense"), 401, "Invalid token")
  await update(token)
  await refused(update(token, PASSWORD), 401, "Invalid token")

  const login = (password) => sdk.auth.login("customer", "emailpass", { email, password })
  await refused(login(PASSWORD), 401, "Invalid email or password")
  const fresh = await login(OTHER)
  assert.equal((await sdk.store.customer.retrieve({}, bearer(fresh))).customer.email, email)

  const asked = { method: "POST", body: JSON.stringify({ identifier: email }), headers: { accept: "text/plain" } }
  await assert.rejects(plainly("/auth/customer/emailpass/reset-password", asked), SyntaxError) // a word, not JSON
}
