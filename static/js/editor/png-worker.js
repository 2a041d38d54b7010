// A worker that writes the mask's PNG, so that the page never stands still: {pixels, width, height} in, {blob} or {error} out.

import { encode } from "./png.js"

addEventListener("message", async ({ data: { pixels, width, height } }) => {
  try {
    postMessage({ blob: await encode(pixels, width, height) })
  } catch (error) {
    postMessage({ error: String(error) })
  }
})
