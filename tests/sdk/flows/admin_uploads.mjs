// A picture is sent as a browser sends it and as a program does, is shown within seconds, and goes when nothing shows it.
import assert from "node:assert/strict"
import { administrator, refused } from "./world.mjs"

// A 2 x 2 PNG; the SDK asks for the browser's class of lists of files, which Node does not have.
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGNgYPj/n4GB8T8DAwMDAwAa+gL/NdiGwQAAAABJRU5ErkJggg=="
const content = Buffer.from(PNG, "base64")
globalThis.FileList ??= class {}

export default async () => {
  const sdk = await administrator()
  const photo = new File([content], "face.png", { type: "image/png" })
  const { files } = await sdk.admin.upload.create({ files: [photo, { name: "face.png", content }] })
  assert.equal(files.length, 2)
  assert.deepEqual(files[0], files[1])
  const [{ id, url }] = files
  assert.match(url, /\/static\/[0-9a-f]{64}\.webp$/)
  let file
  for (let tries = 0; tries < 300 && file?.status !== "ready"; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    file = (await sdk.admin.upload.retrieve(id)).file
  }
  assert.equal(file.status, "ready")
  assert.equal(file.sizes.length, 9)
  const shown = await fetch(new URL(new URL(url).pathname, process.env.SHOP_URL))
  assert.equal(shown.status, 200)
  assert.equal(shown.headers.get("content-type"), "image/webp")

  const script = { name: "a.svg", content: "<svg xmlns='http://www.w3.org/2000/svg'/>" }
  await refused(sdk.admin.upload.create({ files: [script] }), 415)
  await refused(sdk.admin.upload.create({ files: [] }), 400)
  const { deleted } = await sdk.admin.upload.delete(id)
  assert.equal(deleted, true)
  await refused(sdk.admin.upload.retrieve(id), 404)
}
