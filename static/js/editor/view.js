// Where the picture stands on the stage: toStage(p) = p · scale + (x, y), in CSS pixels. Views are values. `ratio` is the
// screen's pixels for one CSS pixel, so `level` 1 (100 %) shows one pixel of the picture on one of the screen. No DOM.

const LEAST = 0.05
const MOST = 16
const STOPS = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16]
const MARGIN = 24
const HELD = 48 // CSS pixels of the picture that always stay on the stage

export class View {
  constructor(values) {
    Object.assign(this, values)
  }

  /** The whole picture {width, height} in the middle of a stage {width, height}. */
  static fit(picture, stage, ratio = 1) {
    const margin = Math.min(MARGIN, stage.width / 32)
    const whole = Math.min((stage.width - 2 * margin) / picture.width, (stage.height - 2 * margin) / picture.height)
    const scale = Math.max(Math.min(whole, MOST / ratio), 1e-4)
    const [x, y] = [(stage.width - picture.width * scale) / 2, (stage.height - picture.height * scale) / 2]
    return new View({ picture, stage, ratio, scale, x, y })
  }

  get level() {
    return this.scale * this.ratio
  }

  get isFitted() {
    const { scale, x, y } = View.fit(this.picture, this.stage, this.ratio)
    return Math.abs(scale - this.scale) < 1e-9 && Math.abs(x - this.x) < 0.5 && Math.abs(y - this.y) < 0.5
  }

  toPicture({ x, y }) {
    return { x: (x - this.x) / this.scale, y: (y - this.y) / this.scale }
  }

  toStage({ x, y }) {
    return { x: x * this.scale + this.x, y: y * this.scale + this.y }
  }

  /** Zoom to a level of 0.05 to 16 (or out to fit), keeping what is under a point of the stage. */
  zoomTo(level, point = this.centre) {
    const fitted = View.fit(this.picture, this.stage, this.ratio).level
    const held = Math.max(Math.min(LEAST, fitted), Math.min(MOST, level))
    const there = this.toPicture(point)
    const scale = held / this.ratio
    return this.#at({ scale, x: point.x - there.x * scale, y: point.y - there.y * scale })
  }

  zoomBy(factor, point) {
    return this.zoomTo(this.level * factor, point)
  }

  /** The next stop in a direction, 1 or −1. */
  zoomStep(direction, point) {
    const further = direction > 0 ? STOPS.find(stop => stop > this.level * 1.001) : STOPS.findLast(stop => stop < this.level / 1.001)
    return this.zoomTo(further ?? (direction > 0 ? MOST : LEAST), point)
  }

  pan(dx, dy) {
    return this.#at({ x: this.x + dx, y: this.y + dy })
  }

  /** The same part of the picture in the middle of a stage of another size. */
  resize(stage, ratio = this.ratio) {
    if (this.isFitted) return View.fit(this.picture, stage, ratio)
    const [dx, dy] = [(stage.width - this.stage.width) / 2, (stage.height - this.stage.height) / 2]
    return new View({ ...this, stage, ratio }).pan(dx, dy)
  }

  /** Pan just so far that a point of the picture is in sight. */
  reveal(point) {
    const { x, y } = this.toStage(point)
    const { width, height } = this.stage
    return this.pan(Math.max(0, HELD - x) - Math.max(0, x - (width - HELD)), Math.max(0, HELD - y) - Math.max(0, y - (height - HELD)))
  }

  get centre() {
    return { x: this.stage.width / 2, y: this.stage.height / 2 }
  }

  /** A box of the picture as whole screen pixels of the stage, one pixel wider on each side. */
  toScreen({ left, top, right, bottom }) {
    const [from, to] = [this.toStage({ x: left, y: top }), this.toStage({ x: right, y: bottom })]
    return {
      left: Math.floor(from.x * this.ratio) - 1, top: Math.floor(from.y * this.ratio) - 1,
      right: Math.ceil(to.x * this.ratio) + 1, bottom: Math.ceil(to.y * this.ratio) + 1,
    }
  }

  #at(values) {
    const next = { ...this, ...values }
    const keep = (start, edge, room) => Math.min(room - Math.min(HELD, edge), Math.max(Math.min(HELD, edge) - edge, start))
    next.x = keep(next.x, this.picture.width * next.scale, this.stage.width)
    next.y = keep(next.y, this.picture.height * next.scale, this.stage.height)
    return new View(next)
  }
}
