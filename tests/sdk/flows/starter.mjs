// The steps of a storefront that several flows take, each with the calls and `fields` of the Next.js starter.
import assert from "node:assert/strict"
import { ADDRESS, bearer, payAtStripe, unique } from "./world.mjs"

// What the starter asks for, to the letter; the comma at the end of PRODUCT is its own.
export const FIELDS = {
  product: "*variants.calculated_price,+variants.inventory_quantity,*variants.images,+metadata,+tags,",
  cart: "*items, *region, *items.product, *items.variant, *items.thumbnail, *items.metadata, +items.total, *promotions, +shipping_methods.name",
  order: "*payment_collections.payments,*items,*items.metadata,*items.variant,*items.product",
  orders: "*items,+items.metadata,*items.variant,*items.product",
  categories: "*category_children, *products, *parent_category, *parent_category.parent_category",
  category: "*category_children, *products",
}

export const PASSWORD = "un-mot-de-passe-solide"
export const isAmount = (value) => typeof value === "number" && Number.isFinite(value)

export async function france(sdk) {
  const { regions } = await sdk.store.region.list({ limit: 100 })
  const region = regions.find((each) => each.countries.some((country) => country.iso_2 === "fr"))
  assert.ok(region, "a region sells in France")
  return region
}

export async function productByHandle(sdk, handle, region_id) {
  const { products } = await sdk.store.product.list({ handle, region_id, fields: FIELDS.product })
  assert.equal(products.length, 1, handle)
  return products[0]
}

export const retrieveCart = async (sdk, id, headers = {}) =>
  (await sdk.client.fetch(`/store/carts/${id}`, { method: "GET", query: { fields: FIELDS.cart }, headers })).cart

/** A cart of pieces of a product, made as "add to cart" makes it. */
export async function fillCart(sdk, { handle = "aura", quantity = 1, headers = {} } = {}) {
  const region = await france(sdk)
  const product = await productByHandle(sdk, handle, region.id)
  const made = await sdk.store.cart.create({ region_id: region.id }, {}, headers)
  const body = { variant_id: product.variants[0].id, quantity }
  await sdk.store.cart.createLineItem(made.cart.id, body, {}, headers)
  return retrieveCart(sdk, made.cart.id, headers)
}

/** The address step, then the delivery step. */
export async function addressAndDelivery(sdk, cartId, { email, headers = {} }) {
  await sdk.store.cart.update(cartId, { shipping_address: ADDRESS, billing_address: ADDRESS, email }, {}, headers)
  const { shipping_options } = await sdk.store.fulfillment.listCartOptions({ cart_id: cartId }, headers)
  const [option] = shipping_options.filter((each) => each.service_zone.fulfillment_set.type === "shipping")
  await sdk.store.cart.addShippingMethod(cartId, { option_id: option.id }, {}, headers)
  return option
}

/** The payment step; gives the session that the payment button works on. */
export async function startPayment(sdk, cartId, provider_id, headers = {}) {
  const cart = await retrieveCart(sdk, cartId, headers)
  const { payment_collection } = await sdk.store.payment.initiatePaymentSession(cart, { provider_id }, {}, headers)
  const session = payment_collection.payment_sessions.find((each) => each.status === "pending")
  assert.equal(session.provider_id, provider_id)
  assert.equal(session.amount, cart.total)
  return session
}

/** A purchase paid by card, from the empty cart to the order. */
export async function buy(sdk, { email = `${unique("achat")}@example.com`, headers = {}, ...goods } = {}) {
  const cart = await fillCart(sdk, { headers, ...goods })
  await addressAndDelivery(sdk, cart.id, { email, headers })
  const session = await startPayment(sdk, cart.id, "pp_stripe_stripe", headers)
  await payAtStripe(session.data.id)
  const completed = await sdk.store.cart.complete(cart.id, {}, headers)
  assert.equal(completed.type, "order", JSON.stringify(completed.error))
  return completed.order
}

/** Sign-up as the starter does it: register, create the customer, log in. */
export async function signUp(sdk, email = `${unique("jeanne")}@example.com`) {
  const registered = await sdk.auth.register("customer", "emailpass", { email, password: PASSWORD })
  const person = { email, first_name: "Jeanne", last_name: "Martin", phone: "+33 1 99 00 12 34" }
  const { customer } = await sdk.store.customer.create(person, {}, bearer(registered))
  const token = await sdk.auth.login("customer", "emailpass", { email, password: PASSWORD })
  return { customer, email, token, headers: bearer(token) }
}

export const retrieveCustomer = async (sdk, headers = {}) =>
  (await sdk.client.fetch("/store/customers/me", { method: "GET", query: { fields: "*orders" }, headers })).customer

export const retrieveOrder = async (sdk, id, headers = {}) =>
  (await sdk.client.fetch(`/store/orders/${id}`, { method: "GET", query: { fields: FIELDS.order }, headers })).order
