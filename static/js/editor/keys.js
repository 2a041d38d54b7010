// The editor's keys: which command a key stands for while the canvas has focus. No DOM.

import { isArrow } from "./cursor.js"

const LETTERS = {
  b: "tool:brush", e: "tool:eraser", r: "tool:rectangle", o: "tool:ellipse", l: "tool:lasso", p: "tool:polygon", h: "tool:pan", x: "swap",
  0: "fit", 1: "actual", "[": "smaller", "]": "larger", "+": "zoom-in", "=": "zoom-in", "-": "zoom-out", "\\": "overlay", "?": "keys", q: "original", " ": "hand",
}
const NAMED = { Enter: "press", Escape: "cancel", Delete: "clear", Backspace: "clear" }
const CONTROLLED = { z: "undo", y: "redo", i: "invert", a: "fill" }

/** The command of a keydown, or null; without `hasShortcuts` single characters mean nothing. */
export function commandOf({ key, ctrlKey, metaKey, shiftKey, altKey }, { hasShortcuts = true } = {}) {
  const small = key.toLowerCase()
  if (ctrlKey || metaKey) {
    if (altKey) return null
    if (key === "Enter") return "apply"
    return small === "z" && shiftKey ? "redo" : CONTROLLED[small] ?? null
  }
  if (isArrow(key)) return altKey ? null : "move"
  if (altKey) return null
  return NAMED[key] ?? (hasShortcuts ? LETTERS[small] ?? null : null)
}

/** The command that lasts while its key is held, when the key goes up. */
export function heldCommandOf({ key }) {
  return { q: "original", " ": "hand" }[key.toLowerCase()] ?? null
}
