// Which pixels a shape covers: those whose centre lies inside. Coordinates are picture pixels, edges are hard. No DOM.
// A shape is {left, top, right, bottom, spans(y, emit)}: a box of whole pixels and, for each row, emit(from, to) half open.

/** The hull of two discs {x, y, r}: a round brush drawn from one point to the next, its radius changing evenly. */
export function capsule(a, b) {
  const distance = Math.hypot(b.x - a.x, b.y - a.y)
  if (distance <= Math.abs(a.r - b.r)) return disc(a.r >= b.r ? a : b)
  const corners = tangents(a, b, distance)
  return shape(
    Math.min(a.x - a.r, b.x - b.r), Math.min(a.y - a.r, b.y - b.r), Math.max(a.x + a.r, b.x + b.r), Math.max(a.y + a.r, b.y + b.r),
    (y, emit) => {
      const row = y + 0.5
      const [half, otherHalf] = [reach(a, row), reach(b, row)]
      let left = Math.min(a.x - half, b.x - otherHalf)
      let right = Math.max(a.x + half, b.x + otherHalf)
      for (let from = 6, to = 0; to < 8; from = to, to += 2) {
        const rise = corners[to + 1] - corners[from + 1]
        const share = (row - corners[from + 1]) / rise
        if (!(share >= 0 && share <= 1)) continue // also where the edge is level
        const x = corners[from] + share * (corners[to] - corners[from])
        if (x < left) left = x
        if (x > right) right = x
      }
      emitCentres(left, right, emit)
    },
  )
}

function disc(a) {
  return shape(a.x - a.r, a.y - a.r, a.x + a.r, a.y + a.r, (y, emit) => {
    const half = reach(a, y + 0.5)
    emitCentres(a.x - half, a.x + half, emit)
  })
}

/** An axis-parallel box between two corners. */
export function rectangle(x0, y0, x1, y1) {
  const [left, right] = x0 < x1 ? [x0, x1] : [x1, x0]
  const [top, bottom] = y0 < y1 ? [y0, y1] : [y1, y0]
  return shape(left, top, right, bottom, (y, emit) => {
    if (y + 0.5 >= top && y + 0.5 <= bottom) emitCentres(left, right, emit)
  })
}

/** The ellipse that touches the box between two corners. */
export function ellipse(x0, y0, x1, y1) {
  const [x, y, rx, ry] = [(x0 + x1) / 2, (y0 + y1) / 2, Math.abs(x1 - x0) / 2, Math.abs(y1 - y0) / 2]
  return shape(x - rx, y - ry, x + rx, y + ry, (row, emit) => {
    const share = ry ? 1 - ((row + 0.5 - y) / ry) ** 2 : -1
    if (share >= 0) emitCentres(x - rx * Math.sqrt(share), x + rx * Math.sqrt(share), emit)
  })
}

/** Everything a closed line [x, y, x, y, …] encloses, by the nonzero rule: where a loop crosses itself stays painted. */
export function outline(points) {
  const xs = points.filter((_, at) => at % 2 === 0)
  const ys = points.filter((_, at) => at % 2 === 1)
  const bounds = [xs, ys].map(values => values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]))
  return shape(bounds[0][0], bounds[1][0], bounds[0][1], bounds[1][1], (y, emit) => {
    let [winding, start] = [0, 0]
    for (const { x, turn } of crossings(xs, ys, y + 0.5)) {
      if (winding === 0) start = x
      winding += turn
      if (winding === 0) emit(Math.ceil(start - 0.5), Math.ceil(x - 0.5))
    }
  })
}

function crossings(xs, ys, row) {
  const found = []
  for (let from = xs.length - 1, to = 0; to < xs.length; from = to, to += 1) {
    if (ys[from] <= row === ys[to] <= row) continue
    found.push({ x: xs[from] + ((row - ys[from]) * (xs[to] - xs[from])) / (ys[to] - ys[from]), turn: ys[to] > ys[from] ? 1 : -1 })
  }
  return found.sort((one, other) => one.x - other.x)
}

function shape(left, top, right, bottom, spans) {
  return { left: Math.floor(left), top: Math.floor(top), right: Math.ceil(right), bottom: Math.ceil(bottom), spans }
}

/** Half the width of a disc on a row; −Infinity where it has none. */
function reach(disc, row) {
  const rest = disc.r * disc.r - (row - disc.y) * (row - disc.y)
  return rest < 0 ? -Infinity : Math.sqrt(rest)
}

function emitCentres(left, right, emit) {
  if (left <= right) emit(Math.ceil(left - 0.5), Math.floor(right - 0.5) + 1)
}

/** The four corners [x, y, …] where the two outer tangents touch the discs. */
function tangents(a, b, distance) {
  const [ux, uy] = [(b.x - a.x) / distance, (b.y - a.y) / distance]
  const along = (a.r - b.r) / distance
  const across = Math.sqrt(1 - along * along)
  const [nx, ny] = [ux * along - uy * across, uy * along + ux * across]
  const [mx, my] = [ux * along + uy * across, uy * along - ux * across]
  return [a.x + a.r * nx, a.y + a.r * ny, b.x + b.r * nx, b.y + b.r * ny, b.x + b.r * mx, b.y + b.r * my, a.x + a.r * mx, a.y + a.r * my]
}
