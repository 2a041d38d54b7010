// Where the painted area ends, as screen pixels: a line of two, one just inside and one just outside. No DOM.

export const INSIDE = 1
export const OUTSIDE = 2

/** Find the edges within a screen box; `out` takes INSIDE, OUTSIDE or 0 for each of its pixels, row by row. */
export function findEdges(surface, view, box, out) {
  const span = box.right - box.left
  const columns = indexes(box.left - 1, span + 2, view.x * view.ratio, view.level, surface.width)
  const lines = [box.top - 1, box.top, box.top + 1].map(y => painted(surface, view, y, columns))
  for (let y = box.top, start = 0; y < box.bottom; y += 1, start += span) {
    const [above, here, below] = lines
    for (let at = 0; at < span; at += 1) {
      const around = above[at + 1] + below[at + 1] + here[at] + here[at + 2]
      out[start + at] = here[at + 1] ? (around < 4 ? INSIDE : 0) : around ? OUTSIDE : 0
    }
    lines.shift()
    lines.push(painted(surface, view, y + 2, columns))
  }
}

// What is beyond the picture is not painted, so that a mask over everything has its edge too.
function painted(surface, view, y, columns) {
  const line = new Uint8Array(columns.length)
  const [row] = indexes(y, 1, view.y * view.ratio, view.level, surface.height)
  if (row < 0) return line
  const start = row * surface.width
  for (let at = 0; at < line.length; at += 1) if (columns[at] >= 0) line[at] = surface.pixels[start + columns[at]]
  return line
}

function indexes(start, count, origin, level, limit) {
  return Int32Array.from({ length: count }, (_, at) => {
    const index = Math.floor((start + at + 0.5 - origin) / level)
    return index >= 0 && index < limit ? index : -1
  })
}
