// Products come in as a file, by a form and by a link, are written once somebody has confirmed, and go out as one.
import assert from "node:assert/strict"
import { administrator, refused, unique, until } from "./world.mjs"

globalThis.FileList ??= class {}
const COLUMNS = "product_handle;product_title;variant_sku;variant_option_1_name;variant_option_1_value;variant_price_eur"

const fileOf = (handle) => {
  const line = `${handle};=SOMME(A1);${handle.toUpperCase()};Taille;Unique;19,90`
  return new File([`${COLUMNS}\n${line}\n`], "produits.csv", { type: "text/csv" })
}

export default async () => {
  const sdk = await administrator()
  const send = { import: unique("fichier"), createImport: unique("lien") }
  for (const [way, handle] of Object.entries(send)) {
    const { transaction_id: id, summary } = await sdk.admin.product[way]({ file: fileOf(handle) })
    assert.deepEqual(summary, { toCreate: 1, toUpdate: 0 })
    assert.equal((await sdk.admin.product.list({ handle })).count, 0, "nothing is written yet")
    for (let times = 0; times < 2; times += 1) await sdk.admin.product.confirmImport(id)
    const [product] = await until(async () => {
      const { products } = await sdk.admin.product.list({ handle, fields: "title,*variants,*variants.prices" })
      return products.length && products
    }, `the product of ${way}`)
    assert.equal(product.title, "=SOMME(A1)")
    assert.equal(product.variants[0].prices[0].amount, 19.9)
    await refused(sdk.client.fetch(`/admin/imports/${id}/cancel`, { method: "POST", body: {} }), 409)
  }
  const wrong = new File([`${COLUMNS}\nA B;;;;;dix\n`], "faux.csv", { type: "text/csv" })
  await refused(sdk.admin.product.import({ file: wrong }), 400)
  await refused(sdk.admin.product.confirmImport("csv_none"), 404)

  const { transaction_id: exported } = await sdk.admin.product.export({})
  const path = `/admin/exports/${exported}`
  await until(async () => (await sdk.client.fetch(path)).export.state === "done", "the export")
  const file = await sdk.client.fetch(`${path}/file`, { headers: { accept: "text/csv" } })
  const text = await file.text()
  for (const handle of Object.values(send)) assert.ok(text.includes(`"${handle}"`))
  assert.ok(text.includes(`"'=SOMME(A1)"`), "no cell is a formula")
}
