// Runs the official Node SDK's responses against a sandbox and prints what it understood, as one line of JSON.
const { default: OpenAI } = await import(process.env.OPENAI_MODULE)

const client = new OpenAI({ apiKey: "sk-node", baseURL: process.env.OPENAI_BASE_URL, maxRetries: 0 })
const tool = { type: "image_generation", model: "gpt-image-2", size: "1024x640", quality: "low", output_format: "jpeg" }
const ask = (input, more = {}) => ({ model: "gpt-5.5", input, tools: [tool], ...more })
const bytesOf = (response) =>
  response.output
    .filter((item) => item.type === "image_generation_call")
    .map((item) => Buffer.from(item.result, "base64").length)

const created = await client.responses.create(ask("A lighthouse"))
const followed = await client.responses.create(ask("Make it night", { previous_response_id: created.id }))
const events = []
const stream = client.responses.stream(ask("A lighthouse", { tools: [{ ...tool, partial_images: 2 }] }))
for await (const event of stream) events.push(event.type)
const final = await stream.finalResponse()

let error = null
try {
  await client.responses.create(ask("sandbox:no-tool"))
} catch (caught) {
  error = caught.constructor.name
}

console.log(JSON.stringify({
  created: { bytes: bytesOf(created), text: created.output_text, usage: created.usage, tools: created.tool_usage },
  followed: { bytes: bytesOf(followed), cached: followed.usage.input_tokens_details.cached_tokens },
  events,
  final: { bytes: bytesOf(final), text: final.output_text },
  error,
}))
