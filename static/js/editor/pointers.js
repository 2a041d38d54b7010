// What fingers, pens and mice mean: paint, pan or pinch. A second finger takes a begun stroke back and pinches; fingers are
// ignored while a pen is down; the middle button pans, the right one and a pen's other end erase. No DOM.
// Pointers are {id, type, button, x, y} on the stage; `acts` has begin(pointer, isErasing), extend, end, cancel, pan(dx, dy), pinch(factor, middle, dx, dy).

const MIDDLE = 1
const ERASING = [2, 5]

export class Pointers {
  #down = new Map()
  #meaning = null // "paint" | "pan" | "pinch" | "spent"

  constructor(acts) {
    this.acts = acts
    this.isPanning = () => false
  }

  get isPainting() {
    return this.#meaning === "paint"
  }

  down(pointer) {
    const isFinger = pointer.type === "touch"
    if (isFinger && this.#has("pen")) return
    if (!isFinger && this.#has("touch")) this.#drop("touch")
    if (this.#down.size && !isFinger) return
    this.#down.set(pointer.id, pointer)
    if (this.#down.size > 1) this.#pinch()
    else if (pointer.button === MIDDLE || this.isPanning()) this.#meaning = "pan"
    else {
      this.#meaning = "paint"
      this.acts.begin(pointer, ERASING.includes(pointer.button))
    }
  }

  move(pointer) {
    const before = this.#down.get(pointer.id)
    if (!before) return
    this.#down.set(pointer.id, { ...before, ...pointer, button: before.button })
    if (this.#meaning === "paint") this.acts.extend(pointer)
    else if (this.#meaning === "pan") this.acts.pan(pointer.x - before.x, pointer.y - before.y)
    else if (this.#meaning === "pinch") this.#pinched(before, pointer)
  }

  up(pointer) {
    if (!this.#down.delete(pointer.id)) return
    if (this.#meaning === "paint") this.acts.end()
    this.#meaning = this.#down.size ? "spent" : null
  }

  /** The pointer was taken away by the system. */
  lost(pointer) {
    if (!this.#down.delete(pointer.id)) return
    if (this.#meaning === "paint") this.acts.cancel()
    this.#meaning = this.#down.size ? "spent" : null
  }

  #has(type) {
    return [...this.#down.values()].some(pointer => pointer.type === type)
  }

  #drop(type) {
    for (const [id, pointer] of this.#down) if (pointer.type === type) this.lost({ id })
  }

  #pinch() {
    if (this.#meaning === "paint") this.acts.cancel()
    this.#meaning = this.#down.size === 2 ? "pinch" : "spent"
  }

  #pinched(before, now) {
    const other = [...this.#down.values()].find(({ id }) => id !== now.id)
    const apart = pointer => Math.hypot(pointer.x - other.x, pointer.y - other.y)
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 }
    this.acts.pinch(apart(now) / (apart(before) || 1), middle, (now.x - before.x) / 2, (now.y - before.y) / 2)
  }
}
