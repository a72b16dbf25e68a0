// Prices and stock by hand: counts and deliveries, lists of other prices, codes, and a price that moves too far.
import assert from "node:assert/strict"
import { administrator, refused, unique } from "./world.mjs"

export default async () => {
  const sdk = await administrator()
  const variant = await countPieces(sdk)
  await listPrices(sdk, variant)
  await switchCode(sdk)
}

async function countPieces(sdk) {
  const { inventory_items, limit } = await sdk.admin.inventoryItem.list({ order: "-stocked_quantity", fields: "*location_levels" })
  assert.equal(limit, 20)
  const [item] = inventory_items
  const found = (await sdk.admin.inventoryItem.list({ sku: item.sku })).inventory_items
  assert.deepEqual(found.map(({ id }) => id), [item.id])
  const [location] = (await sdk.admin.stockLocation.list()).stock_locations
  const [level] = (await sdk.admin.inventoryItem.listLevels(item.id)).inventory_levels
  assert.equal(level.location_id, location.id)
  for (const stocked_quantity of [item.stocked_quantity + 2, item.stocked_quantity]) {
    const { inventory_item } = await sdk.admin.inventoryItem.updateLevel(item.id, location.id, { stocked_quantity })
    assert.equal(inventory_item.stocked_quantity, stocked_quantity)
  }
  await refused(sdk.admin.inventoryItem.updateLevel(item.id, location.id, { stocked_quantity: -1 }), 400)
  const path = `/admin/inventory-items/${item.id}/movements`
  const { movements } = await sdk.client.fetch(path, { query: { limit: 2 } })
  assert.deepEqual(movements.map(({ delta, reason }) => [delta, reason]), [[-2, "correction"], [2, "correction"]])
  assert.ok(Array.isArray((await sdk.admin.reservation.list()).reservations))
  return item.variant_id
}

async function listPrices(sdk, variant_id) {
  const title = unique("Ventes privées")
  const list = { title, description: "", type: "override", status: "draft" }
  const { price_change } = await sdk.client.fetch("/admin/price-changes/preview", {
    method: "POST",
    body: { percentage: 10, currency_code: "eur", variant_ids: [variant_id] },
  })
  const [{ old_amount, new_amount }] = price_change.prices
  assert.equal(price_change.needs_confirmation, false)
  const prices = [{ variant_id, currency_code: "eur", amount: new_amount }]
  const { price_list } = await sdk.admin.priceList.create({ ...list, prices })
  assert.deepEqual(price_list.prices.map(({ amount }) => amount), [new_amount])
  const far = [{ variant_id, currency_code: "eur", amount: Math.round(old_amount) * 100 }]
  await refused(sdk.admin.priceList.batchPrices(price_list.id, { create: far }), 409)
  const batch = { update: [{ id: price_list.prices[0].id, amount: old_amount }] }
  assert.equal((await sdk.admin.priceList.batchPrices(price_list.id, batch)).updated[0].amount, old_amount)
  const { price_lists } = await sdk.admin.priceList.list({ q: title })
  assert.deepEqual(price_lists.map(({ id }) => id), [price_list.id])
  const ended = await sdk.admin.priceList.update(price_list.id, { title: `${title} (fini)` })
  assert.equal(ended.price_list.title, `${title} (fini)`)
  assert.equal((await sdk.admin.priceList.retrieve(price_list.id)).price_list.prices[0].amount, old_amount)
  assert.equal((await sdk.admin.priceList.delete(price_list.id)).deleted, true)
}

async function switchCode(sdk) {
  const code = unique("AVENT").toUpperCase()
  const application_method = { type: "percentage", target_type: "items", allocation: "across", value: 5 }
  const { promotion } = await sdk.admin.promotion.create({ code, type: "standard", status: "draft", application_method })
  assert.equal((await sdk.admin.promotion.update(promotion.id, { status: "active" })).promotion.status, "active")
  assert.deepEqual((await sdk.admin.promotion.list({ code: [code] })).promotions.map(({ id }) => id), [promotion.id])
  assert.equal((await sdk.admin.promotion.retrieve(promotion.id)).promotion.application_method.value, 5)
  await sdk.admin.promotion.delete(promotion.id)
  await refused(sdk.admin.promotion.retrieve(promotion.id), 404)
}
