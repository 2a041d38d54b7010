// The limits of a size, as they come with `rules`, and which of them a width and height break. No DOM.

/** The rules a width and height in px break, as [{code, values}]; empty when the model draws that size. */
export function sizeProblems({ limits }, width, height) {
  const isEdge = edge => Number.isInteger(edge) && edge > 0 && edge <= limits.longestInput
  if (!isEdge(width) || !isEdge(height)) return [{ code: "size_not_a_size", values: {} }]
  const [short, long] = sorted([width, height])
  const problem = (code, values) => ({ code, values })
  const offStep = [...new Set([width, height])].filter(edge => edge % limits.step)
  const pixels = width * height
  return [
    ...offStep.map(edge => problem("size_not_multiple", { edge, step: limits.step })),
    long > limits.maxEdge && problem("size_edge_too_long", { edge: long, limit: limits.maxEdge }),
    long > limits.maxRatio * short && problem("size_ratio_too_wide", { limit: limits.maxRatio, width, height }),
    pixels < limits.minPixels && problem("size_too_few_pixels", { limit: grouped(limits.minPixels), width, height }),
    pixels > limits.maxPixels && problem("size_too_many_pixels", { limit: grouped(limits.maxPixels), width, height }),
  ].filter(Boolean)
}

export function isLarge({ limits }, width, height) {
  return width * height > limits.largePixels
}

/** Two edges, the short one first. */
export function sorted(edges) {
  return edges.toSorted((one, other) => one - other)
}

function grouped(number) {
  return number.toLocaleString("en-US")
}
