// A cursor led by the keyboard, in picture pixels: arrows move it, Enter starts and ends what the tool does. No DOM.

const STRIDE = 12 // CSS pixels of a step

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

export class Cursor {
  point = null

  constructor(workbench) {
    this.workbench = workbench
  }

  get isActive() {
    return this.point !== null
  }

  /** The mouse or a finger took over. */
  leave() {
    this.point = null
  }

  /** An arrow key: a step of the screen, or with `isFine` one picture pixel. Gives the mask's box that changed. */
  move(key, view, { isFine = false } = {}) {
    this.#appear(view)
    const [dx, dy] = ARROWS[key]
    const stride = isFine ? 1 : Math.max(1, Math.round(STRIDE / view.scale))
    this.point = { x: held(this.point.x + dx * stride, view.picture.width), y: held(this.point.y + dy * stride, view.picture.height) }
    return this.workbench.isBusy ? this.workbench.extend([this.point]) : null
  }

  /** Enter: start or end; a polygon gains a corner, or is closed where its last corner is. */
  press(view) {
    if (this.workbench.tool === "polygon") return this.#corner(view)
    this.#appear(view)
    return this.workbench.isBusy ? this.workbench.end() : this.workbench.begin(this.point)
  }

  #corner(view) {
    const last = this.workbench.draft?.points.at(-1)
    if (last && (!this.isActive || (last.x === this.point.x && last.y === this.point.y))) return this.workbench.close()
    this.#appear(view)
    return this.workbench.begin(this.point)
  }

  #appear(view) {
    if (this.point) return
    const { x, y } = view.toPicture(view.centre)
    this.point = { x: held(Math.round(x), view.picture.width), y: held(Math.round(y), view.picture.height) }
  }
}

export function isArrow(key) {
  return key in ARROWS
}

function held(value, edge) {
  return Math.max(0, Math.min(edge, value))
}
