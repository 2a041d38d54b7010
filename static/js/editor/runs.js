// A mask's zeros and ones in few bytes: run lengths as varints, or one bit a pixel where that is smaller. No DOM.

const RUNS = 0
const BITS = 1

/** Pack a Uint8Array of 0 and 1; never more than one byte for eight pixels, plus one. */
export function pack(pixels) {
  const bytes = new Uint8Array(1 + Math.ceil(pixels.length / 8))
  let [size, at, value] = [1, 0, 0]
  while (at < pixels.length) {
    const found = pixels.indexOf(1 - value, at)
    const next = found < 0 ? pixels.length : found
    let run = next - at
    do {
      if (size === bytes.length) return packBits(pixels, bytes)
      bytes[size] = (run & 127) | (run > 127 ? 128 : 0)
      size += 1
      run >>>= 7
    } while (run)
    at = next
    value = 1 - value
  }
  return bytes.slice(0, size)
}

function packBits(pixels, bytes) {
  bytes.fill(0)
  bytes[0] = BITS
  for (let at = 0; at < pixels.length; at += 1) bytes[1 + (at >> 3)] |= pixels[at] << (at & 7)
  return bytes
}

/** The pixels of `pack`, written into a Uint8Array of their number; RangeError when they are not that many. */
export function unpack(bytes, pixels) {
  if (bytes[0] === BITS) return unpackBits(bytes, pixels)
  if (bytes[0] !== RUNS) throw new RangeError("unknown packing")
  let [size, at, value] = [1, 0, 0]
  while (size < bytes.length) {
    let [run, shift] = [0, 0]
    do {
      run += (bytes[size] & 127) * 2 ** shift
      shift += 7
    } while (bytes[size++] & 128)
    if (!(at + run <= pixels.length)) break
    pixels.fill(value, at, at + run)
    at += run
    value = 1 - value
  }
  if (at !== pixels.length) throw new RangeError("the packed pixels are not as many as the mask has")
  return pixels
}

function unpackBits(bytes, pixels) {
  if (bytes.length !== 1 + Math.ceil(pixels.length / 8)) throw new RangeError("the packed pixels are not as many as the mask has")
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = (bytes[1 + (at >> 3)] >> (at & 7)) & 1
  return pixels
}

export function toBase64(bytes) {
  let text = ""
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(text)
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), character => character.charCodeAt(0))
}
