// The middleware of every page, the country menu, the currency.
import assert from "node:assert/strict"
import { plainly, refused, storefront } from "./world.mjs"

export default async () => {
  const sdk = storefront()
  const { regions, count, offset, limit } = await sdk.store.region.list()
  assert.deepEqual([count, offset, limit], [regions.length, 0, 50])
  assert.ok(regions.length >= 2)
  for (const region of regions) {
    assert.match(region.id, /^reg_/)
    assert.match(region.currency_code, /^[a-z]{3}$/)
    assert.ok(region.countries.length > 0)
    for (const country of region.countries) {
      assert.match(country.iso_2, /^[a-z]{2}$/)
      assert.equal(country.name, country.name.toUpperCase())
      assert.ok(country.display_name && country.iso_3 && country.num_code)
    }
  }

  const { region } = await sdk.store.region.retrieve(regions[0].id)
  assert.deepEqual(region, regions[0])
  const narrow = await sdk.store.region.retrieve(regions[0].id, { fields: "currency_code" })
  assert.deepEqual(Object.keys(narrow.region).sort(), ["currency_code", "id"])
  const filtered = await sdk.store.region.list({ currency_code: "chf" })
  assert.deepEqual(filtered.regions.map((each) => each.currency_code), ["chf"])
  const paged = await sdk.store.region.list({ limit: 1, offset: 1, order: "-name" })
  assert.deepEqual([paged.regions.length, paged.count, paged.limit, paged.offset], [1, count, 1, 1])
  await refused(sdk.store.region.retrieve("reg_none"), 404, /reg_none/)

  // The middleware asks without the SDK, and with nothing but the key.
  const asked = await plainly("/store/regions")
  assert.deepEqual([asked.status, asked.body.count], [200, count])
}
