// What a key means, whichever layout, script or input method it is pressed under. No DOM.

const UNNAMED = ["Process", "Unidentified", "Dead"] // an input method or a dead key took the name
const NAMED_CODE = /^(?:Arrow(?:Left|Right|Up|Down)|Enter|Escape|Delete|Backspace|Home|End)$/
const PUNCTUATION = { BracketLeft: "[", BracketRight: "]", Backslash: "\\", Minus: "-", Slash: "/", Space: " ", Equal: "=" }
const SHIFTED = { Slash: "?", Equal: "+" }
const TYPED = "textarea, select, [contenteditable], input:not([type=button], [type=checkbox], [type=file], [type=radio], [type=range], [type=submit])"
const MOVES = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"]
const PRESSES = ["Enter", " "]

/**
 * The names a key may go by, the likeliest first: what it writes, then, where that is no Latin letter, what stands at its place
 * on an English keyboard. So Ctrl Z is the same key under a Russian layout, and B the same under a Chinese input method.
 */
export function keysOf({ key = "", code = "", shiftKey = false }) {
  const written = key.length === 1 ? key.toLowerCase() : key
  if (/^[a-z]$/.test(written)) return [written]
  const isUnnamed = UNNAMED.includes(key) || key === ""
  if (key.length > 1 && !isUnnamed) return [key]
  const placed = placeOf(code, { shiftKey, isUnnamed, isLatin: /^\p{Script=Latin}$/u.test(written) })
  // Shift and a digit write a sign of their own: no digit was meant.
  const isSign = shiftKey && /^[!-~]$/.test(written)
  return [...(isUnnamed ? [] : [written]), ...(placed && !isSign && placed !== written ? [placed] : [])]
}

function placeOf(code, { shiftKey, isUnnamed, isLatin }) {
  const letter = /^Key([A-Z])$/.exec(code)?.[1].toLowerCase()
  if (letter) return letter
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1]
  if (digit) return shiftKey ? null : digit
  if (isUnnamed && NAMED_CODE.test(code)) return code
  if (isUnnamed && code === "NumpadEnter") return "Enter"
  return isLatin ? null : (shiftKey && SHIFTED[code]) || PUNCTUATION[code] || null
}

/** Whether an input method is writing with this key: it is nobody else's then, not even Enter. */
export function isComposing({ isComposing: isOpen = false, keyCode = 0 }) {
  return isOpen || keyCode === 229
}

/** Whether the key writes a sign with AltGr, or with Option on a Mac: then neither Ctrl nor Alt was meant. */
export function isWritten(event) {
  return Boolean(event.getModifierState?.("AltGraph")) || (event.altKey && !event.ctrlKey && !event.metaKey && /^[[\]\\]$/.test(event.key))
}

/** Whether the element a key was pressed in needs it itself: a text field every key, a button Enter, a slider the arrows. */
export function isTaken(event) {
  const { target } = event
  if (event.defaultPrevented || event.isComposing) return true
  if (!target?.matches) return false
  if (target.matches(TYPED)) return true
  const [name] = keysOf(event)
  if (target.matches("input[type=range], input[type=radio]") && MOVES.includes(name)) return true
  if (event.ctrlKey || event.metaKey || event.altKey) return false
  if (target.matches("a[href]")) return name === "Enter"
  return target.matches("button, input, summary, [role=button]") && PRESSES.includes(name)
}
