// Boxes {left, top, right, bottom} of whole pixels, half open; null is the empty box. No DOM.

/** The smallest box around two. */
export function union(one, other) {
  if (!one || !other) return one ?? other
  return {
    left: Math.min(one.left, other.left), top: Math.min(one.top, other.top),
    right: Math.max(one.right, other.right), bottom: Math.max(one.bottom, other.bottom),
  }
}

/** What two boxes share, or null. */
export function overlap(one, other) {
  if (!one || !other) return null
  const box = {
    left: Math.max(one.left, other.left), top: Math.max(one.top, other.top),
    right: Math.min(one.right, other.right), bottom: Math.min(one.bottom, other.bottom),
  }
  return box.left < box.right && box.top < box.bottom ? box : null
}
