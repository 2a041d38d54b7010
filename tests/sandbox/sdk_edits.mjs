// Runs the official Node SDK's images.edit against a sandbox and prints what it understood, as one line of JSON.
import { deflateSync } from "node:zlib"

const { default: OpenAI, toFile } = await import(process.env.OPENAI_MODULE)

const client = new OpenAI({ apiKey: "sk-node", baseURL: process.env.OPENAI_BASE_URL, maxRetries: 0 })
const small = { model: "gpt-image-2", prompt: "A lighthouse", size: "1024x640", quality: "low", output_format: "jpeg" }

function chunk(name, data) {
  const bytes = Buffer.concat([Buffer.from(name), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc(bytes))
  return Buffer.concat([length, bytes, sum])
}

function crc(bytes) {
  let value = 0xffffffff
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0)
  }
  return (value ^ 0xffffffff) >>> 0
}

// A PNG with alpha, transparent in its upper half.
function png(width, height) {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 6, 0, 0, 0], 8)
  const rows = Buffer.alloc(height * (1 + 4 * width))
  rows.fill(255, Math.floor(height / 2) * (1 + 4 * width))
  for (let row = 0; row < height; row++) rows[row * (1 + 4 * width)] = 0
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])
  const chunks = [chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]
  return Buffer.concat([signature, ...chunks])
}

const file = (name) => toFile(png(64, 64), name, { type: "image/png" })
const summary = (result) => ({
  bytes: Buffer.from(result.data[0].b64_json, "base64").length,
  size: result.size,
  images: result.usage.input_tokens_details.image_tokens,
})

const one = await client.images.edit({ ...small, image: await file("a.png") })
const masked = await client.images.edit({ ...small, image: await file("a.png"), mask: await file("mask.png") })
const many = await client.images.edit({ ...small, image: [await file("a.png"), await file("b.png")] })

const events = []
const stream = await client.images.edit({ ...small, image: await file("a.png"), stream: true, partial_images: 2 })
for await (const event of stream) events.push(event.type)

const errors = {}
async function note(name, request) {
  try {
    await client.images.edit({ ...small, ...request })
  } catch (error) {
    errors[name] = { name: error.constructor.name, code: error.code ?? null }
  }
}
await note("mimetype", { image: await toFile(png(64, 64), "a.bin", { type: "application/octet-stream" }) })
await note("fidelity", { image: await file("a.png"), input_fidelity: "high" })
await note("mask", { image: await file("a.png"), mask: await toFile(png(32, 32), "m.png", { type: "image/png" }) })

console.log(JSON.stringify({ one: summary(one), masked: summary(masked), many: summary(many), events, errors }))
