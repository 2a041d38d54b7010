// The rows of a block of the gallery: every picture at its true ratio, every row exactly as wide as its room.

// A block of a list. ratios: width / height of each picture, in order. Returns { boxes, height }: one { width, height } in whole px for
// each, and how tall they are together. Its rows depend on nothing but its pictures, so that they are the same wherever one comes
// from. Where it is the last of its list (isLast), its last row may stay short.
export function justifyBlock(ratios, { width, target, gap, isLast = false }) {
  const rows = ratios.length ? rowsOf(ratios, { width, target, gap }, isLast) : []
  const laid = rows.map(([start, end], index) => {
    const row = ratios.slice(start, end)
    const height = heightOf(row, width, gap)
    return isLast && index === rows.length - 1 && height > target ? shortRow(row, target) : fill(row, height, width, gap)
  })
  return { boxes: laid.flat(), height: laid.reduce((sum, [box]) => sum + box.height, gap * Math.max(0, laid.length - 1)) }
}

// The rows whose heights are together nearest to the target, as [start, end].
function rowsOf(ratios, { width, target, gap }, isLast) {
  const best = [{ cost: 0 }]
  for (let end = 1; end <= ratios.length; end++) {
    best[end] = { cost: Infinity }
    let sum = 0
    for (let start = end - 1; start >= 0; start--) {
      sum += ratios[start]
      const height = (width - gap * (end - start - 1)) / sum
      const isShort = isLast && end === ratios.length && height > target
      const cost = best[start].cost + (isShort ? 0 : Math.log(height / target) ** 2)
      if (cost < best[end].cost) best[end] = { cost, start }
      if (height < target / 3) break
    }
  }
  const rows = []
  for (let end = ratios.length; end > 0; end = best[end].start) rows.unshift([best[end].start, end])
  return rows
}

function heightOf(row, width, gap) {
  return (width - gap * (row.length - 1)) / row.reduce((sum, ratio) => sum + ratio, 0)
}

function shortRow(row, target) {
  const height = Math.round(target)
  return row.map((ratio) => ({ width: Math.max(1, Math.floor(ratio * height)), height }))
}

// Edges are rounded, not widths, so that the row's widths add up to the pixel.
function fill(row, height, width, gap) {
  const room = width - gap * (row.length - 1)
  let edge = 0
  return row.map((ratio, index) => {
    const start = Math.round(edge)
    edge += ratio * height
    return { width: (index === row.length - 1 ? room : Math.round(edge)) - start, height: Math.round(height) }
  })
}
