// A mask as the Images API takes it: PNG, RGBA, alpha 0 where the picture changes and 255 where it is kept, black beneath.
// Written from the pixels directly, so no canvas can round an alpha on the way. No DOM.

import { compressRuns } from "./deflate.js"

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10]
const KEPT = new Uint32Array(new Uint8Array([0, 0, 0, 255]).buffer)[0]
const SMALL = 2 ** 20 // bytes; what does not become that small by its runs is left to the browser's compressor
const ROWS = 64 // rows handed to the compressor at once

/** Encode pixels of 0 and 1; gives the bytes of the file as a Blob. */
export async function encode(pixels, width, height) {
  const header = new DataView(new ArrayBuffer(13))
  header.setUint32(0, width)
  header.setUint32(4, height)
  header.setUint32(8, 0x08060000) // 8 bits, RGBA, deflate, filters of the standard
  const image = compressRuns(pixels, width, height, SMALL) ?? (await deflated(pixels, width, height))
  return new Blob([new Uint8Array(SIGNATURE), chunk("IHDR", new Uint8Array(header.buffer)), chunk("IDAT", image), chunk("IEND", new Uint8Array())], { type: "image/png" })
}

async function deflated(pixels, width, height) {
  const compressor = new CompressionStream("deflate")
  const bytes = new Response(compressor.readable).arrayBuffer()
  const writer = compressor.writable.getWriter()
  for (let top = 0; top < height; top += ROWS) await writer.write(rows(pixels, width, top, Math.min(top + ROWS, height)))
  await writer.close()
  return new Uint8Array(await bytes)
}

function rows(pixels, width, top, bottom) {
  const bytes = new Uint8Array((bottom - top) * (1 + 4 * width)) // every row begins with its filter: 0, none
  const words = new Uint32Array(width)
  for (let y = top, start = 1; y < bottom; y += 1, start += 1 + 4 * width) {
    for (let x = 0, at = y * width; x < width; x += 1, at += 1) words[x] = pixels[at] ? 0 : KEPT
    bytes.set(new Uint8Array(words.buffer), start)
  }
  return bytes
}

function chunk(name, content) {
  const bytes = new Uint8Array(12 + content.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, content.length)
  bytes.set(Array.from(name, letter => letter.charCodeAt(0)), 4)
  bytes.set(content, 8)
  view.setUint32(8 + content.length, crc(bytes.subarray(4, 8 + content.length)))
  return bytes
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value
})

function crc(bytes) {
  let value = 0xffffffff
  for (const byte of bytes) value = TABLE[(value ^ byte) & 255] ^ (value >>> 8)
  return (value ^ 0xffffffff) >>> 0
}
