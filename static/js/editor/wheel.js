// What a wheel does over the stage: it pans, with Ctrl or ⌘ (and so with a pinch on a trackpad) it zooms, with Alt it changes
// the brush. Somebody may prefer that the plain wheel zooms. No DOM.

const LINE = 24 // CSS pixels of a wheel's line
const NOTCH = 40 // what is less comes from a trackpad, in many small steps
const RATES = { notch: 0.0025, small: 0.01 }

/** {resize: ±1}, {zoom: factor} or {pan: [dx, dy]}. */
export function wheelActs({ deltaX, deltaY, deltaMode, ctrlKey, metaKey, altKey, shiftKey }, wheelZooms = false) {
  const [dx, dy] = [deltaX, deltaY].map(delta => delta * (deltaMode ? LINE : 1))
  if (altKey) return { resize: (dy || dx) < 0 ? 1 : -1 } // with Alt some systems turn the wheel sideways
  if (ctrlKey || metaKey || (wheelZooms && !shiftKey)) return { zoom: Math.exp(-Math.max(-240, Math.min(240, dy)) * (Math.abs(dy) < NOTCH ? RATES.small : RATES.notch)) }
  return { pan: shiftKey && !dx ? [-dy, 0] : [-dx, -dy] }
}
