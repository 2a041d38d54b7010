// Where one stands in the gallery, as its address says it: `at` is the first picture of the topmost block in view, `by` how far that
// block is scrolled out, in px. Back, a reload and a shared link come back to it.

export function readPlace(address) {
  const { searchParams } = new URL(address)
  return { at: searchParams.get("at") ?? "", by: Number(searchParams.get("by")) || 0 }
}

/** The address with a place; without one, as it was asked for. */
export function withPlace(address, { at = "", by = 0 } = {}) {
  const url = new URL(address)
  for (const name of ["at", "by", "after", "before"]) url.searchParams.delete(name)
  if (at) url.searchParams.set("at", at)
  if (at && Math.round(by)) url.searchParams.set("by", Math.round(by))
  return url.href
}
