// The stage: the picture, the mask over it and the line around it, the brush's rings and the line of a shape being drawn; all drawn once a frame.

import { Ants } from "../editor/ants.js"
import { union } from "../editor/boxes.js"
import { Display } from "../editor/display.js"
import { StageInput } from "../editor/input.js"
import { pathOf } from "../editor/outlines.js"
import { View } from "../editor/view.js"

const LEAST_RING = 6 // CSS pixels: below that the pointer itself stays
const PIXELS = 3 // from 300 % on, pixels are shown as squares

export class MaskStage extends HTMLElement {
  #frame = 0
  #dirty = null
  #isStale = true // the view changed: everything is drawn again
  #resizes = new ResizeObserver(() => this.#resize())

  connectedCallback() {
    this.editor = this.closest("mask-editor")
    this.canvas = this.querySelector("canvas")
    this.ring = this.querySelector(".brush-ring")
    this.display = new Display(this.canvas)
    this.ants = new Ants(this.querySelector(".mask-ants"))
    this.ants.start()
    this.input = new StageInput(this, this.canvas)
    this.input.connect()
    this.#resizes.observe(this)
  }

  disconnectedCallback() {
    this.input.disconnect()
    this.ants.stop()
    this.#resizes.disconnect()
    cancelAnimationFrame(this.#frame)
  }

  /** Show the picture through another view. */
  show(view) {
    this.view = view
    this.#isStale = true
    this.refresh()
    this.dispatchEvent(new Event("view:change", { bubbles: true }))
  }

  fit() {
    this.show(View.fit(this.view.picture, this.view.stage, devicePixelRatio))
  }

  /** A box of the mask changed, or with nothing only what stands over it. */
  refresh(box = null) {
    this.#dirty = union(this.#dirty, box)
    this.#frame ||= requestAnimationFrame(this.#draw)
  }

  paintIn(colour) {
    this.display.colour = colour
    this.#isStale = true
    this.refresh()
  }

  #resize() {
    const stage = { width: this.clientWidth, height: this.clientHeight }
    if (!stage.width || !stage.height) return
    this.display.resize(stage, devicePixelRatio)
    this.ants.resize(this.canvas)
    this.show(this.view ? this.view.resize(stage, devicePixelRatio) : View.fit(this.editor.mask.surface, stage, devicePixelRatio))
  }

  #draw = () => {
    this.#frame = 0
    if (!this.view) return
    const { mask, workbench } = this.editor
    const dirty = union(this.#dirty, this.input.flush())
    if (this.#isStale) this.#place()
    if (this.#isStale || dirty) for (const layer of [this.display, this.ants]) layer.draw(mask.surface, this.view, this.#isStale ? null : dirty)
    this.#isStale = false
    this.#dirty = null
    for (const path of this.querySelectorAll(".mask-outline path")) path.setAttribute("d", pathOf(workbench.outline, this.view))
    this.#drawRing(workbench)
  }

  #place() {
    styled(this, { "--x": `${this.view.x}px`, "--y": `${this.view.y}px`, "--scale": this.view.scale })
    this.toggleAttribute("data-pixels", this.view.level >= PIXELS)
  }

  #drawRing({ isStroke, size }) {
    const { cursor } = this.editor
    const width = isStroke && !this.input.isPanning ? size * this.view.scale : 0
    const centre = cursor.isActive ? this.view.toStage(cursor.point) : width ? this.input.hover : null
    this.toggleAttribute("data-ring", width >= LEAST_RING)
    this.ring.hidden = !centre
    this.ring.classList.toggle("is-keyboard", cursor.isActive)
    if (centre) styled(this.ring, { "--ring-x": `${centre.x}px`, "--ring-y": `${centre.y}px`, "--ring-size": `${width}px` })
  }
}

function styled(element, properties) {
  for (const [name, value] of Object.entries(properties)) element.style.setProperty(name, value)
}
