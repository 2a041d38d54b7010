// Runs the official Node SDK against a sandbox and prints what it understood, as one line of JSON.
const { default: OpenAI } = await import(process.env.OPENAI_MODULE)

const client = new OpenAI({ apiKey: "sk-node", baseURL: process.env.OPENAI_BASE_URL, maxRetries: 0 })
const small = { model: "gpt-image-2", size: "1024x640", quality: "low", output_format: "jpeg" }

async function errorOf(prompt, options = {}) {
  try {
    await client.withOptions(options).images.generate({ ...small, prompt })
  } catch (error) {
    return { name: error.constructor.name, status: error.status, code: error.code ?? null, type: error.type ?? null }
  }
}

const plain = await client.images.generate({ ...small, prompt: "A lighthouse" })
const events = []
const stream = await client.images.generate({ ...small, prompt: "A lighthouse", stream: true, partial_images: 2 })
for await (const event of stream) {
  events.push({ type: event.type, bytes: Buffer.from(event.b64_json, "base64").length, usage: event.usage ?? null })
}
let streamError = null
try {
  const broken = await client.images.generate({ ...small, prompt: "sandbox:stream-error", stream: true })
  for await (const _ of broken);
} catch (error) {
  streamError = error.constructor.name
}

console.log(JSON.stringify({
  plain: { bytes: Buffer.from(plain.data[0].b64_json, "base64").length, usage: plain.usage, size: plain.size },
  events,
  streamError,
  errors: {
    refused: await errorOf("sandbox:refused"),
    rate: await errorOf("sandbox:429"),
    server: await errorOf("sandbox:500"),
    gateway: await errorOf("sandbox:502"),
    forbidden: await errorOf("sandbox:forbidden"),
    model: await errorOf("sandbox:no-model"),
    key: await errorOf("A lighthouse", { apiKey: "sk-invalid" }),
    cut: await errorOf("sandbox:cut"),
  },
}))
