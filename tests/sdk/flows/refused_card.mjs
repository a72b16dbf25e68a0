// The bank says no, then yes: the cart stays a cart, and says why.
import assert from "node:assert/strict"
import { addressAndDelivery, fillCart, startPayment } from "./starter.mjs"
import { payAtStripe, refuseAtStripe, storefront, unique } from "./world.mjs"

export default async () => {
  const sdk = storefront()
  const { id } = await fillCart(sdk)
  await addressAndDelivery(sdk, id, { email: `${unique("refus")}@example.com` })
  const session = await startPayment(sdk, id, "pp_stripe_stripe")
  const early = await sdk.store.cart.complete(id)
  assert.deepEqual([early.type, early.cart.id], ["cart", id])
  assert.match(early.error.type, /^payment_(requires_more_error|authorization_error)$/)
  await refuseAtStripe(session.data.id)
  const refusedCard = await sdk.store.cart.complete(id)
  assert.deepEqual([refusedCard.type, refusedCard.error.type], ["cart", "payment_authorization_error"])
  assert.ok(refusedCard.error.message && refusedCard.error.name)

  const anew = await startPayment(sdk, id, "pp_stripe_stripe")
  await payAtStripe(anew.data.id)
  assert.equal((await sdk.store.cart.complete(id)).type, "order")
}
