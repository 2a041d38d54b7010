// The editor's keys: which command a key stands for, wherever in the editor it is pressed but in a text field. No DOM.

import { isWritten, keysOf } from "../helpers/keyboard.js"
import { isArrow } from "./cursor.js"

const LETTERS = {
  b: "tool:brush", e: "tool:eraser", r: "tool:rectangle", o: "tool:ellipse", l: "tool:lasso", p: "tool:polygon", h: "tool:pan", x: "swap",
  0: "fit", 1: "actual", "[": "smaller", "]": "larger", "+": "zoom-in", "=": "zoom-in", "-": "zoom-out", "\\": "overlay", "?": "keys", q: "original", " ": "hand",
}
const NAMED = { Enter: "press", Escape: "cancel", Delete: "clear", Backspace: "clear" }
const CONTROLLED = { z: "undo", y: "redo", i: "invert", a: "fill" }
const HELD = { q: "original", " ": "hand" }

/** The command of a keydown, or null; without `hasShortcuts` single characters mean nothing. */
export function commandOf(event, { hasShortcuts = true } = {}) {
  const names = keysOf(event)
  const among = commands => names.map(name => commands[name]).find(Boolean) ?? null
  if (isWritten(event)) return hasShortcuts ? LETTERS[event.key] ?? null : null
  if (event.ctrlKey || event.metaKey) return event.altKey ? null : controlled(names, event.shiftKey) ?? among(CONTROLLED)
  if (event.altKey) return null
  if (arrowOf(event)) return "move"
  return among(NAMED) ?? (hasShortcuts ? among(LETTERS) : null)
}

function controlled(names, shiftKey) {
  if (names.includes("Enter")) return "apply"
  return names.includes("z") && shiftKey ? "redo" : null
}

/** The arrow key that was pressed, or nothing. */
export function arrowOf(event) {
  return keysOf(event).find(isArrow)
}

/** The command that lasts while its key is held, when the key goes up. */
export function heldCommandOf(event) {
  return keysOf(event).map(name => HELD[name]).find(Boolean) ?? null
}
