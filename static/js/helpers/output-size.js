// The px and the print size of a download, as studio/transfer/forms.py works them out. No DOM.

const CM_AN_INCH = 2.54
const MAX_PIXELS = 40_000_000
const MAX_EDGES = { png: 16_384, jpeg: 16_384, webp: 16_383 }

/** { width, height } in px; null where a print size is incomplete. `wanted` holds the form's fields as numbers or NaN. */
export function outputSize(own, { size, edge, width, height, printWidth, unit, dpi }) {
  const factor = {
    as_is: () => 1,
    edge: () => edge > 0 ? edge / Math.max(own.width, own.height) : 1,
    exact: () => Math.min(width > 0 ? width / own.width : Infinity, height > 0 ? height / own.height : Infinity),
    print: () => printWidth > 0 && dpi > 0 ? inches(printWidth, unit) * dpi / own.width : NaN,
  }[size]()
  if (Number.isNaN(factor)) return null
  const scale = Number.isFinite(factor) ? factor : 1
  return { width: Math.max(1, Math.round(own.width * scale)), height: Math.max(1, Math.round(own.height * scale)) }
}

/** Dots per inch, where they are asked for or follow from a print width; else 0. */
export function resolution(pixels, { size, printWidth, unit, dpi }) {
  if (printWidth > 0 && size !== "print") return pixels.width / inches(printWidth, unit)
  return dpi > 0 ? dpi : 0
}

/** How large it is printed, in its unit. */
export function printSize(pixels, dpi, unit) {
  const factor = unit === "in" ? 1 : CM_AN_INCH
  return { across: pixels.width / dpi * factor, down: pixels.height / dpi * factor }
}

export function isPossible({ width, height }, format) {
  return Math.max(width, height) <= MAX_EDGES[format] && width * height <= MAX_PIXELS
}

function inches(printWidth, unit) {
  return printWidth / (unit === "in" ? 1 : CM_AN_INCH)
}
