// A new product as the runbook does it: pictures, product, metadata, tags, publication; found, reordered, archived.
import assert from "node:assert/strict"
import { administrator, plainly, refused, storefront, unique } from "./world.mjs"

const FAMILY = {
  required: ["brand", "frame_style"],
  properties: {
    brand: { type: "string" },
    has_audio: { type: "boolean", tags: { true: ["audio"] } },
    bluetooth: { type: "string" },
    lens_technology: { type: "string", enum: ["polarisé", "clair"], tags: { "polarisé": ["solaire"] } },
    uv_protection: { type: "string" },
    frame_style: { type: "string", enum: ["rond", "aviateur"], tags: { rond: ["rond"] } },
    warranty_years: { type: "integer", minimum: 0, maximum: 10 },
  },
}

export default async () => {
  const started = Date.now()
  const sdk = await administrator()
  const family = unique("lunettes")
  await sdk.client.fetch(`/admin/product-families/${family}`, { method: "POST", body: FAMILY })

  const title = unique("Nova")
  const body = {
    title,
    subtitle: "Monture connectée",
    description: "# Nova\n\nUne *monture* légère.",
    options: [{ title: "Couleur", values: ["Noir", "Écaille"] }],
    variants: ["Noir", "Écaille"].map((colour) => ({
      title: colour,
      sku: `${title}-${colour}`,
      options: { Couleur: colour },
      prices: [{ currency_code: "eur", amount: 349 }],
    })),
  }
  await refused(sdk.admin.product.create({ title, options: body.options, unknown: 1 }), 400, /Unrecognized fields: 'unknown'/)
  const { product: made } = await sdk.admin.product.create(body)
  assert.deepEqual([made.status, made.handle, made.variants.length], ["draft", title.toLowerCase(), 2])
  assert.deepEqual(made.variants.map(({ prices }) => prices[0].amount), [349, 349])
  await refused(sdk.admin.product.create({ ...body, variants: [] }), 400, `Product with handle: ${made.handle}, already exists.`)

  // Metadata of its family, and the tags that follow from it.
  const wrong = { family, brand: "Nova", frame_style: "carré" }
  await refused(sdk.admin.product.update(made.id, { metadata: wrong }), 400, /frame_style is not one of rond, aviateur/)
  const metadata = { family, brand: "Nova", has_audio: true, lens_technology: "polarisé", frame_style: "rond", warranty_years: 2 }
  await sdk.admin.product.update(made.id, { metadata })
  const assign = (dry_run) => sdk.client.fetch("/admin/product-tags/assign", { method: "POST", body: { dry_run, product_ids: [made.id] } })
  assert.deepEqual((await assign(true)).changes.map(({ added }) => added), [["audio", "rond", "solaire"]])
  assert.equal((await assign(false)).count, 1)
  assert.equal((await assign(false)).count, 0)

  // Published once it can be bought: the pictures were missing. The first one is the thumbnail.
  await refused(sdk.admin.product.update(made.id, { status: "published" }), 400, /Missing: a picture/)
  const images = [1, 2].map((place) => ({ url: `/static/${made.handle}-${place}.webp` }))
  await sdk.admin.product.update(made.id, { images })
  const { product: turned } = await sdk.admin.product.update(made.id, { images: images.toReversed(), status: "published" })
  assert.ok(turned.thumbnail.endsWith("-2.webp"))
  assert.deepEqual(turned.tags.map(({ value }) => value), ["audio", "rond", "solaire"])
  const seen = await storefront().store.product.list({ handle: made.handle })
  assert.equal(seen.count, 1)
  assert.ok(Date.now() - started < 60_000, "the runbook allows twenty minutes")
  await refused(sdk.admin.product.update(made.id, { handle: "autre" }), 400, /handle of a published product cannot change/)

  await shelves(sdk, made)
  await parts(sdk, made)

  await sdk.admin.product.update(made.id, { status: "archived" })
  assert.equal((await storefront().store.product.list({ handle: made.handle })).count, 0)
  const { products } = await sdk.admin.product.list({ q: title, status: ["archived"] })
  assert.deepEqual(products.map(({ id }) => id), [made.id])
  assert.deepEqual(await sdk.admin.product.delete(made.id), { id: made.id, object: "product", deleted: true })
  await refused(sdk.admin.product.retrieve(made.id), 404, `Product with id: ${made.id} was not found`)
  await sdk.client.fetch(`/admin/product-families/${family}`, { method: "DELETE" })
}

async function shelves(sdk, { id }) {
  const name = unique("Été")
  const { product_category: top } = await sdk.admin.productCategory.create({ name })
  const { product_category: low } = await sdk.admin.productCategory.create({ name: `${name} 2`, parent_category_id: top.id })
  await sdk.admin.productCategory.updateProducts(low.id, { add: [id], remove: [] })
  const { product } = await sdk.admin.product.retrieve(id, { fields: "+categories.id" })
  assert.deepEqual(product.categories.map((each) => each.id), [low.id])
  const { product_category: seen } = await sdk.admin.productCategory.retrieve(low.id, { include_ancestors_tree: true })
  assert.deepEqual([seen.parent_category.id, seen.is_active], [top.id, true])
  await refused(sdk.admin.productCategory.update(top.id, { parent_category_id: low.id }), 400, /cannot stand in itself/)
  await refused(sdk.admin.productCategory.delete(top.id), 400, /category children/)
  await sdk.admin.productCategory.update(low.id, { description: "Sous le rayon" })
  await sdk.admin.productCategory.delete(low.id)
  await sdk.admin.productCategory.delete(top.id)
  assert.ok((await sdk.admin.productCategory.list({ limit: 1 })).count >= 0)

  const { collection } = await sdk.admin.productCollection.create({ title: name })
  await sdk.admin.productCollection.updateProducts(collection.id, { add: [id] })
  assert.equal((await sdk.admin.product.retrieve(id)).product.collection.title, name)
  await sdk.admin.productCollection.update(collection.id, { title: `${name} fini` })
  assert.equal((await sdk.admin.productCollection.list({ id: [collection.id] })).collections[0].title, `${name} fini`)
  assert.equal((await sdk.admin.productCollection.retrieve(collection.id)).collection.title, `${name} fini`)
  await sdk.admin.productCollection.delete(collection.id)
  await refused(sdk.admin.productCollection.retrieve(collection.id), 404)

  const value = unique("mot")
  const { product_tag } = await sdk.admin.productTag.create({ value })
  await refused(sdk.admin.productTag.create({ value }), 400, `Product tag with value: ${value}, already exists.`)
  await sdk.admin.productTag.update(product_tag.id, { value: `${value}-2` })
  assert.equal((await sdk.admin.productTag.list({ value: `${value}-2` })).product_tags[0].id, product_tag.id)
  await sdk.admin.productTag.retrieve(product_tag.id)
  await sdk.admin.productTag.delete(product_tag.id)
  const { product_type } = await sdk.admin.productType.create({ value })
  await sdk.admin.productType.update(product_type.id, { metadata: { a: 1 } })
  assert.deepEqual((await sdk.admin.productType.retrieve(product_type.id)).product_type.metadata, { a: 1 })
  assert.ok((await sdk.admin.productType.list()).count > 0)
  await sdk.admin.productType.delete(product_type.id)
}

async function parts(sdk, { id, variants, options }) {
  const [noir, ecaille] = variants.map((each) => each.id)
  const { product: more } = await sdk.admin.product.createOption(id, { title: "Taille", values: ["M", "L"] })
  const size = more.options.find(({ title }) => title === "Taille").id
  const large = { title: "Noir L", options: { Couleur: "Noir", Taille: "L" }, prices: [{ currency_code: "eur", amount: 359 }] }
  await sdk.admin.product.createVariant(id, large)
  assert.equal((await sdk.admin.product.listVariants(id)).count, 3)
  await refused(sdk.admin.product.createVariant(id, large), 400, /same options as another one/)
  const asked = { prices: [{ currency_code: "eur", amount: 329 }] }
  const { product: priced } = await sdk.admin.product.updateVariant(id, noir, asked)
  assert.equal(priced.variants.find((each) => each.id === noir).prices[0].amount, 329)
  const { variant } = await sdk.admin.product.retrieveVariant(id, noir)
  assert.equal(variant.options.length, 2)
  const { updated } = await sdk.admin.product.batchVariants(id, { create: [], update: [{ id: ecaille, title: "Écaille brune" }], delete: [] })
  assert.equal(updated[0].title, "Écaille brune")
  const { parent } = await sdk.admin.product.deleteVariant(id, (await sdk.admin.product.listVariants(id, { q: "Noir L" })).variants[0].id)
  assert.equal(parent.variants.length, 2)
  assert.equal((await sdk.admin.productVariant.list({ sku: variant.sku })).variants[0].id, noir)
  await sdk.admin.product.updateOption(id, size, { title: "Pointure" })
  assert.equal((await sdk.admin.product.retrieveOption(id, size)).product_option.title, "Pointure")
  assert.equal((await sdk.admin.product.listOptions(id)).count, 2)
  assert.equal((await sdk.admin.product.deleteOption(id, size)).deleted, true)
  const twin = unique("Lot")
  const { created } = await sdk.admin.product.batch({ create: [{ title: twin, options: [{ title: "A", values: ["1"] }] }] })
  assert.deepEqual((await sdk.admin.product.batch({ delete: [created[0].id] })).deleted.ids, [created[0].id])
  const answer = await plainly("/admin/products", { headers: { authorization: "Bearer nobody" } })
  assert.equal(answer.status, 401)
}
