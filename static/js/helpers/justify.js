// Justified rows: every picture at its true ratio, every row exactly as wide as its room.

// ratios: width / height of each picture, in order. Returns one { width, height } in whole px for each, or null for the
// pictures of an unfinished last row that wait until more arrive (isComplete false), so that nothing moves when they do.
export function justify(ratios, { width, target, gap, isComplete }) {
  const boxes = []
  let row = []
  for (const ratio of ratios) {
    const longer = [...row, ratio]
    const [before, after] = [heightOf(row, width, gap), heightOf(longer, width, gap)]
    if (after > target) { row = longer; continue }
    if (row.length && distance(before, target) < distance(after, target)) {
      boxes.push(...fill(row, before, width, gap))
      row = [ratio]
      if (heightOf(row, width, gap) > target) continue
      boxes.push(...fill(row, heightOf(row, width, gap), width, gap))
    } else {
      boxes.push(...fill(longer, after, width, gap))
    }
    row = []
  }
  return [...boxes, ...lastRow(row, { width, target, gap, isComplete })]
}

function lastRow(row, { width, target, gap, isComplete }) {
  if (!isComplete) return row.map(() => null)
  const height = Math.round(Math.min(target, heightOf(row, width, gap)))
  return row.map((ratio) => ({ width: Math.max(1, Math.floor(ratio * height)), height }))
}

function heightOf(row, width, gap) {
  return (width - gap * (row.length - 1)) / row.reduce((sum, ratio) => sum + ratio, 0)
}

function distance(height, target) {
  return Math.abs(Math.log(height / target))
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
