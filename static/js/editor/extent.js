// The box around all that is painted. No DOM.

/** {left, top, width, height} of a surface's painted pixels in px, or null where nothing is painted. */
export function extentOf({ pixels, width }) {
  const first = pixels.indexOf(1)
  if (first < 0) return null
  const top = Math.floor(first / width)
  const bottom = Math.floor(pixels.lastIndexOf(1) / width)
  let [left, right] = [width, -1]
  for (let y = top; y <= bottom; y += 1) {
    const row = pixels.subarray(y * width, (y + 1) * width)
    const [from, to] = [row.indexOf(1), row.lastIndexOf(1)]
    if (from >= 0) [left, right] = [Math.min(left, from), Math.max(right, to)]
  }
  return { left, top, width: right - left + 1, height: bottom - top + 1 }
}
