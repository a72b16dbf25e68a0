// What stands around the SDK: the shop, the vendors' controls, and the `fetch` of a storefront server or of a browser.
import assert from "node:assert/strict"
import { createRequire } from "node:module"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"

const { SHOP_URL, PUBLISHABLE_KEY, STRIPE_URL, BREVO_URL, SDK_HOME, SDK_NAME, STOREFRONT_ORIGIN } = process.env
const { ADMIN_EMAIL, ADMIN_PASSWORD } = process.env
const sdkModule = createRequire(join(SDK_HOME, "package.json"))(SDK_NAME)
export const { FetchError } = sdkModule

// Every call that the SDK makes, in the order of the answers.
export const calls = []
const plainFetch = globalThis.fetch

globalThis.fetch = async (input, init = {}) => {
  const answer = await (init.credentials === "include" ? fetchAsBrowser(input, init) : plainFetch(input, init))
  calls.push({ method: init.method ?? "GET", path: new URL(input).pathname, status: answer.status })
  return answer
}

// A browser keeps the cookies of the shop, says where its page comes from, and asks first (CORS).
export const cookies = new Map()

async function fetchAsBrowser(input, init) {
  const headers = new Headers(init.headers)
  await askFirst(input, init.method ?? "GET", [...headers.keys()])
  headers.set("origin", STOREFRONT_ORIGIN)
  if (cookies.size) headers.set("cookie", [...cookies].map(([name, { value }]) => `${name}=${value}`).join("; "))
  const answer = await plainFetch(input, { ...init, headers })
  checkAllowed(answer)
  answer.headers.getSetCookie().forEach(keepCookie)
  return answer
}

async function askFirst(input, method, names) {
  const headers = { origin: STOREFRONT_ORIGIN, "access-control-request-method": method }
  headers["access-control-request-headers"] = names.join(",")
  const answer = await plainFetch(input, { method: "OPTIONS", headers })
  assert.ok(answer.status < 300, `preflight of ${method} ${input}: ${answer.status}`)
  checkAllowed(answer)
  const allowed = (name) => (answer.headers.get(name) ?? "").toLowerCase().split(/\s*,\s*/)
  assert.ok(allowed("access-control-allow-methods").includes(method.toLowerCase()), `${method} is allowed`)
  const simple = ["accept", "accept-language", "content-language"]
  for (const name of names.filter((each) => !simple.includes(each))) {
    assert.ok(allowed("access-control-allow-headers").includes(name), `the header ${name} is allowed`)
  }
}

function checkAllowed(answer) {
  assert.equal(answer.headers.get("access-control-allow-origin"), STOREFRONT_ORIGIN)
  assert.equal(answer.headers.get("access-control-allow-credentials"), "true")
}

function keepCookie(line) {
  const [pair, ...attributes] = line.split(/;\s*/)
  const [name, value] = pair.split(/=(.*)/s)
  const given = Object.fromEntries(attributes.map((each) => each.toLowerCase().split("=")))
  const isOver = value === "" || given["max-age"] === "0" || new Date(given.expires) < new Date()
  if (isOver) cookies.delete(name)
  else cookies.set(name, { value, ...given })
}

/** The SDK in the storefront's server: it keeps no token, each call is given its headers. */
export function storefront(options = {}) {
  return new sdkModule.default({ baseUrl: SHOP_URL, publishableKey: PUBLISHABLE_KEY, ...options })
}

/** The SDK with the session of a browser. */
export const browser = () => storefront({ auth: { type: "session" } })

/** The SDK of a script of the owner's: logged in, `sdk.admin.*`. */
export async function administrator() {
  const sdk = tokenKeeper()
  await sdk.auth.login("user", "emailpass", { email: ADMIN_EMAIL, password: ADMIN_PASSWORD })
  return sdk
}

/** The SDK of a program with a secret key. */
export const program = (apiKey) => storefront({ apiKey, publishableKey: undefined })

/** The SDK that keeps the token itself and sends it with every call. */
export const tokenKeeper = () => storefront({ auth: { type: "jwt", jwtTokenStorageMethod: "memory" } })

export const bearer = (token) => ({ authorization: `Bearer ${token}` })

/** What a storefront does outside the SDK (its middleware): a plain fetch with the key. */
export async function plainly(path, init = {}) {
  const headers = { "x-publishable-api-key": PUBLISHABLE_KEY, "content-type": "application/json", ...init.headers }
  const answer = await plainFetch(`${SHOP_URL}${path}`, { ...init, headers })
  return { status: answer.status, headers: answer.headers, body: await answer.json() }
}

/** The promise fails as the SDK makes it fail: a FetchError with this status, and these words from our body. */
export async function refused(promise, status, message) {
  const failure = await promise.then(
    (answer) => assert.fail(`not refused: ${JSON.stringify(answer)}`),
    (error) => error
  )
  assert.ok(failure instanceof FetchError, String(failure.stack))
  assert.equal(failure.status, status, failure.message)
  assert.ok(failure.statusText.length > 0, "the status has its text")
  if (message instanceof RegExp) assert.match(failure.message, message)
  else if (message) assert.equal(failure.message, message)
  return failure
}

/** Poll until the condition gives something, at most twenty seconds. */
export async function until(condition, what) {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await pause(50)) {
    const found = await condition()
    if (found) return found
  }
  assert.fail(`never came: ${what}`)
}

/** The link in the newest mail to this address whose text has it. */
export function mailedLink(email, pattern) {
  return until(async () => {
    const mails = await (await plainFetch(`${BREVO_URL}/_test/messages`)).json()
    const theirs = mails.filter((mail) => mail.to.some((to) => to.email === email)).reverse()
    return theirs.map((mail) => pattern.exec(`${mail.textContent}\n${mail.htmlContent}`)).find(Boolean)
  }, `a mail to ${email} with ${pattern}`)
}

async function turn(path, given = {}) {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(given) }
  const answer = await plainFetch(`${STRIPE_URL}/_test${path}`, init)
  assert.equal(answer.status, 200, await answer.text())
}

/** What the buyer's browser and bank do with the intent of a payment session; the webhook leaves too. */
export const payAtStripe = (intentId) => turn(`/payment_intents/${intentId}/confirm`, { deliver: true })
export const refuseAtStripe = (intentId) => turn(`/payment_intents/${intentId}/fail`, { deliver: true })

export const unique = (name) => `${name}-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`

/** An order that a guest has received: ten pieces. */
export const DELIVERED = { order_id: process.env.DELIVERED_ORDER_ID, email: "livree@example.com" }

export const ADDRESS = {
  first_name: "Jeanne",
  last_name: "Martin",
  address_1: "12 rue de la Paix",
  address_2: "",
  company: "",
  postal_code: "75002",
  city: "Paris",
  country_code: "fr",
  province: "",
  phone: "+33 1 99 00 12 34",
}
