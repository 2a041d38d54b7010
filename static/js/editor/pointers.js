// What fingers, pens and mice mean: paint, pan or pinch. What somebody drew is kept however its pointer ends: lifted, taken away
// by the system, or by a second finger. Only a touch that went nowhere is taken back, for it was a resting hand or half a pinch.
// Fingers are ignored while a pen or a mouse is down; the middle button pans, the right one and a pen's other end erase. No DOM.
// Pointers are {id, type, button, x, y} on the stage; `acts` has begin(pointer, isErasing), extend, end, cancel, pan(dx, dy), pinch(factor, middle, dx, dy).

const MIDDLE = 1
const ERASING = [2, 5]
const SLOP = 16 // CSS pixels a touch may stray and still have gone nowhere

export class Pointers {
  #down = new Map()
  #meaning = null // "paint" | "pan" | "pinch" | "spent"
  #start = null // where the pointer that paints came down
  #hasGoneFar = false

  constructor(acts) {
    this.acts = acts
    this.isPanning = () => false
    this.fingerPaints = () => true
  }

  get isPainting() {
    return this.#meaning === "paint"
  }

  down(pointer) {
    this.lost(pointer) // where its last end was never told
    const isFinger = pointer.type === "touch"
    if (this.#down.size && !this.#isTouched) return
    if (!isFinger && this.#isTouched) this.#dropTouches(pointer.type === "pen")
    this.#down.set(pointer.id, pointer)
    if (this.#down.size > 1) this.#pinch()
    else if (pointer.button === MIDDLE || this.isPanning() || (isFinger && !this.fingerPaints())) this.#meaning = "pan"
    else this.#paint(pointer)
  }

  move(pointer) {
    const before = this.#down.get(pointer.id)
    if (!before) return
    this.#down.set(pointer.id, { ...before, ...pointer, button: before.button })
    if (this.#meaning === "paint") this.#lead(pointer)
    else if (this.#meaning === "pan") this.acts.pan(pointer.x - before.x, pointer.y - before.y)
    else if (this.#meaning === "pinch") this.#pinched(before, pointer)
  }

  up(pointer) {
    if (this.#down.delete(pointer.id)) this.#ended(true)
  }

  /** The pointer was taken away by the system. */
  lost({ id }) {
    const pointer = this.#down.get(id)
    if (this.#down.delete(id)) this.#ended(pointer.type !== "touch" || this.#hasGoneFar)
  }

  /** All pointers are gone: nobody may ever tell how they end. */
  release() {
    for (const pointer of [...this.#down.values()]) this.lost(pointer)
  }

  #ended(isKept) {
    if (this.#meaning === "paint") this.acts[isKept ? "end" : "cancel"]()
    this.#meaning = this.#down.size ? "spent" : null
  }

  #paint(pointer) {
    this.#meaning = "paint"
    this.#start = pointer
    this.#hasGoneFar = false
    this.acts.begin(pointer, ERASING.includes(pointer.button))
  }

  #lead(pointer) {
    this.#hasGoneFar ||= Math.hypot(pointer.x - this.#start.x, pointer.y - this.#start.y) > SLOP
    this.acts.extend(pointer)
  }

  get #isTouched() {
    return [...this.#down.values()].some(pointer => pointer.type === "touch")
  }

  /** A pen or mouse takes over; under a pen the touch was the hand that holds it. */
  #dropTouches(isPen) {
    if (isPen) this.#hasGoneFar = false
    this.release()
  }

  #pinch() {
    if (this.#meaning === "paint") this.acts[this.#hasGoneFar ? "end" : "cancel"]()
    this.#meaning = this.#down.size === 2 ? "pinch" : "spent"
  }

  #pinched(before, now) {
    const other = [...this.#down.values()].find(({ id }) => id !== now.id)
    const apart = pointer => Math.hypot(pointer.x - other.x, pointer.y - other.y)
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 }
    this.acts.pinch(apart(now) / (apart(before) || 1), middle, (now.x - before.x) / 2, (now.y - before.y) / 2)
  }
}
