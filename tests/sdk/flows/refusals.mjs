// What a refusal is on the wire, and what the SDK makes of it.
import assert from "node:assert/strict"
import { fillCart } from "./starter.mjs"
import { plainly, refused, storefront } from "./world.mjs"

export default async () => {
  const sdk = storefront()
  const unkeyed = storefront({ publishableKey: undefined })
  await refused(unkeyed.store.region.list(), 400, /^Publishable API key required in the request header: x-publishable-api-key/)
  await refused(storefront({ publishableKey: "pk_none" }).store.region.list(), 400, "A valid publishable key is required to proceed with the request")
  await refused(sdk.client.fetch("/store/nowhere"), 404)
  await refused(sdk.store.product.list({ limit: -1 }), 400, /^Invalid request: /)
  await refused(sdk.store.product.list({ order: "price" }), 400, /^Invalid request: /)
  await refused(sdk.store.product.list({ nonsense: 1 }), 400, "Invalid request: Unrecognized fields: 'nonsense'")
  assert.ok((await sdk.store.product.list({ fields: "*nonsense" })).products.length > 0)
  await refused(sdk.client.fetch("/store/regions", { method: "POST", body: {} }), 405)

  const broken = await plainly("/store/carts", { method: "POST", body: "{" })
  assert.deepEqual([broken.status, broken.body.type], [400, "invalid_data"])
  const { id, items } = await fillCart(sdk)
  const greedy = { method: "POST", body: JSON.stringify({ variant_id: items[0].variant_id, quantity: 5000 }) }
  const short = await plainly(`/store/carts/${id}/line-items`, greedy)
  assert.deepEqual([short.status, short.body.type, short.body.code], [400, "not_allowed", "insufficient_inventory"])
  for (const { headers, body } of [broken, short]) {
    assert.equal(body.requestId, headers.get("x-request-id"))
    assert.ok(body.message.length > 0)
  }
  // A trailing slash answers like the path without it.
  assert.ok((await plainly("/store/regions/")).body.count > 0)
}
