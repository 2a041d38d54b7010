// How much of a picture will change, as a phrase's name and its value. No DOM.

/** {name, share}: `none`, `little` (below 1 %), `some` with whole percents, or `all`. */
export function describeShare(count, total) {
  if (count === 0) return { name: "none" }
  if (count === total) return { name: "all" }
  const percent = (100 * count) / total
  return percent < 1 ? { name: "little" } : { name: "some", share: Math.min(99, Math.round(percent)) }
}

/** What a person is asked before so much or so little is changed: `all`, `tiny` (below `tinyShare`), or "". */
export function questionOf(count, total, tinyShare) {
  if (count === total) return "all"
  return count / total < tinyShare ? "tiny" : ""
}
