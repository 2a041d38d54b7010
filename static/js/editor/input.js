// What pointers and the wheel do on the stage's canvas. Points of a gesture are queued; the stage takes them once a frame.

import { union } from "./boxes.js"
import { Pointers } from "./pointers.js"
import { wheelActs } from "./wheel.js"

export class StageInput {
  hover = null // where the mouse or pen is, on the stage
  isSquare = false
  #queue = []
  #pointers = new Pointers({
    begin: (pointer, isErasing) => this.#begin(pointer, isErasing),
    extend: pointer => this.#queue.push(this.#point(pointer)),
    end: () => this.#end(),
    cancel: () => this.#cancel(),
    pan: (dx, dy) => this.stage.show(this.stage.view.pan(dx, dy)),
    pinch: (factor, middle, dx, dy) => this.stage.show(this.stage.view.pan(dx, dy).zoomBy(factor, middle)),
  })

  constructor(stage, canvas) {
    Object.assign(this, { stage, canvas, editor: stage.editor })
    this.#pointers.isPanning = () => this.isPanning
    this.#pointers.fingerPaints = () => this.editor.preferences.fingerPaints
  }

  connect() {
    for (const [type, listener] of this.#listeners) this.canvas.addEventListener(type, listener, { passive: false })
    for (const type of ["blur", "pagehide"]) addEventListener(type, this.#release)
  }

  disconnect() {
    for (const [type, listener] of this.#listeners) this.canvas.removeEventListener(type, listener)
    for (const type of ["blur", "pagehide"]) removeEventListener(type, this.#release)
  }

  get isPanning() {
    return this.stage.hasAttribute("data-hand") || this.editor.workbench.tool === "pan"
  }

  /** Lead the gesture on through what was queued since the last frame; gives the box that changed. */
  flush() {
    return this.#queue.length ? this.editor.workbench.extend(this.#queue.splice(0), { isSquare: this.isSquare }) : null
  }

  #begin(pointer, isErasing) {
    this.editor.cursor.leave()
    this.stage.refresh(this.editor.workbench.begin(this.#point(pointer), { isErasing, isStraight: pointer.isStraight }))
  }

  #end() {
    const dirty = this.flush()
    this.editor.changed(union(dirty, this.editor.workbench.end()))
  }

  #cancel() {
    this.#queue.length = 0
    this.stage.refresh(this.editor.workbench.takeBack())
  }

  // Whoever looks at another window may let go there, and nobody here is told.
  #release = () => this.#pointers.release()

  #down = event => {
    event.preventDefault()
    this.editor.removeAttribute("data-keyboard")
    this.canvas.focus({ preventScroll: true })
    this.#meet(event)
    this.#pointers.down(this.#pointer(event))
    // What was lifted while the page was busy can no longer be captured.
    try { this.canvas.setPointerCapture(event.pointerId) } catch { /* its end is on its way */ }
  }

  #meet({ pointerType }) {
    if (pointerType === "pen") this.editor.querySelector("editor-preferences").meetPen()
  }

  #move = event => {
    this.#meet(event)
    this.isSquare = event.shiftKey
    const events = event.getCoalescedEvents?.() ?? [] // missing over plain http, empty for made-up events
    for (const each of events.length ? events : [event]) this.#pointers.move(this.#pointer(each))
    this.hover = event.pointerType === "touch" ? null : this.#pointer(event)
    if (this.hover && this.editor.workbench.draft?.kind === "polygon" && !this.#pointers.isPainting) this.#queue.push(this.#point(this.hover))
    this.stage.refresh()
  }

  #up = event => {
    this.#pointers.up(this.#pointer(event))
    this.stage.refresh()
  }

  #lost = event => this.#pointers.lost(this.#pointer(event))

  #leave = () => {
    this.hover = null
    this.stage.refresh()
  }

  #doubled = () => this.editor.changed(this.editor.workbench.close())

  #wheel = event => {
    event.preventDefault()
    const { resize, zoom, pan } = wheelActs(event, this.editor.preferences.wheelZooms)
    if (resize) this.editor.run(resize > 0 ? "larger" : "smaller")
    else if (zoom) this.stage.show(this.stage.view.zoomBy(zoom, this.#pointer(event)))
    else this.stage.show(this.stage.view.pan(...pan))
  }

  #listeners = [
    ["pointerdown", this.#down], ["pointermove", this.#move], ["pointerup", this.#up], ["pointercancel", this.#lost], ["lostpointercapture", this.#lost],
    ["pointerleave", this.#leave],
    ["wheel", this.#wheel], ["dblclick", this.#doubled], ["contextmenu", event => event.preventDefault()],
  ]

  #pointer(event) {
    const { left, top } = this.canvas.getBoundingClientRect()
    const pressure = event.pointerType === "pen" ? event.pressure : 1
    return { id: event.pointerId, type: event.pointerType, button: event.button, isStraight: event.shiftKey, pressure, x: event.clientX - left, y: event.clientY - top }
  }

  #point(pointer) {
    return { ...this.stage.view.toPicture(pointer), pressure: pointer.pressure }
  }
}
