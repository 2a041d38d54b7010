// Pictures of masks as masks: by their own alpha or by black and white, at any size of the same ratio. No DOM.

const HALF = 128
const TOLERANCE = 0.01

/** Whether RGBA bytes have an alpha that says anything. */
export function hasAlpha(rgba) {
  for (let at = 3; at < rgba.length; at += 4) if (rgba[at] < HALF) return true
  return false
}

/** Whether two sizes {width, height} have the same ratio, to one percent. */
export function isAlike(one, other) {
  return Math.abs((one.width * other.height) / (one.height * other.width) - 1) <= TOLERANCE
}

/** The mask {width, height} of a picture {rgba, width, height}: what changes is `transparent`, `white` or `black`; nearest pixel. */
export function readMask({ rgba, width, height }, target, changes) {
  const pixels = new Uint8Array(target.width * target.height)
  const columns = Int32Array.from({ length: target.width }, (_, x) => 4 * Math.floor(((x + 0.5) * width) / target.width))
  for (let y = 0, at = 0; y < target.height; y += 1) {
    const row = 4 * width * Math.floor(((y + 0.5) * height) / target.height)
    for (let x = 0; x < target.width; x += 1, at += 1) pixels[at] = isChanged(rgba, row + columns[x], changes) ? 1 : 0
  }
  return pixels
}

function isChanged(rgba, at, changes) {
  if (changes === "transparent") return rgba[at + 3] < HALF
  const light = 0.299 * rgba[at] + 0.587 * rgba[at + 1] + 0.114 * rgba[at + 2]
  return changes === "white" ? light >= HALF : light < HALF
}
