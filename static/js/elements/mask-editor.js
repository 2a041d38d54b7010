// The editor: opens the mask, gives keys and buttons their meaning, and says how much will change.

import { Cursor } from "../editor/cursor.js"
import { commandOf, heldCommandOf } from "../editor/keys.js"
import { Mask } from "../editor/mask.js"
import { shareWords } from "../editor/words.js"
import { Workbench } from "../editor/workbench.js"
import { worded } from "../helpers/wish.js"

export class MaskEditor extends HTMLElement {
  connectedCallback() {
    this.mask = this.#opened()
    this.workbench = new Workbench(this.mask)
    this.cursor = new Cursor(this.workbench)
    for (const [type, listener] of this.#listeners) this.addEventListener(type, listener)
    queueMicrotask(() => { this.#show(); this.stage.canvas.focus({ preventScroll: true }) })
  }

  disconnectedCallback() {
    for (const [type, listener] of this.#listeners) this.removeEventListener(type, listener)
  }

  get stage() {
    return this.querySelector("mask-stage")
  }

  get preferences() {
    return this.querySelector("editor-preferences").values
  }

  /** The mask changed in a box: show it, count it, tell who keeps it. */
  changed(box) {
    this.stage.refresh(box)
    this.#show()
    this.dispatchEvent(new Event("mask:change"))
  }

  /** Do what a key or a button stands for. */
  run(command, event = {}) {
    if (command.startsWith("tool:")) this.workbench.tool = command.slice(5)
    else this.#commands[command](event)
    this.#show()
    this.stage.refresh()
  }

  // A draft that cannot be read is left as it is on the server until something new is painted.
  #opened() {
    const [width, height] = [Number(this.dataset.width), Number(this.dataset.height)]
    const draft = JSON.parse(this.querySelector("#draft")?.textContent || "null")
    try {
      return draft ? Mask.from(draft, width, height) : new Mask(width, height)
    } catch {
      this.querySelector("[data-unreadable]").hidden = false
      return new Mask(width, height)
    }
  }

  #commands = {
    undo: () => this.changed(this.mask.undo()),
    redo: () => this.changed(this.mask.redo()),
    invert: () => this.changed(this.workbench.whole("invert")),
    fill: () => this.changed(this.workbench.whole("fill")),
    clear: () => this.changed(this.workbench.whole("clear")),
    swap: () => this.workbench.swap(),
    smaller: () => this.workbench.resize(-1),
    larger: () => this.workbench.resize(1),
    fit: () => this.stage.fit(),
    actual: () => this.stage.show(this.stage.view.zoomTo(1)),
    "zoom-in": () => this.stage.show(this.stage.view.zoomStep(1)),
    "zoom-out": () => this.stage.show(this.stage.view.zoomStep(-1)),
    overlay: () => this.toggleAttribute("data-bare"),
    original: () => this.toggleAttribute("data-original", true),
    hand: () => this.stage.toggleAttribute("data-hand", true),
    keys: () => this.querySelector("#keys").togglePopover(),
    apply: () => this.querySelector("edit-form form").requestSubmit(),
    press: () => this.changed(this.cursor.press(this.stage.view)),
    cancel: () => { this.cursor.leave(); this.changed(this.workbench.cancel()) },
    move: event => this.#move(event),
  }

  #move({ key, shiftKey }) {
    if (this.workbench.tool === "pan") {
      const [dx, dy] = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[key]
      return this.stage.show(this.stage.view.pan(dx, dy))
    }
    this.stage.refresh(this.cursor.move(key, this.stage.view, { isFine: shiftKey }))
    this.stage.show(this.stage.view.reveal(this.cursor.point))
  }

  #pressed = event => {
    this.toggleAttribute("data-keyboard", true)
    if (!event.target.matches("canvas") || (event.key === "Escape" && document.querySelector(":popover-open"))) return
    const command = commandOf(event, { hasShortcuts: this.hasAttribute("data-shortcuts") })
    if (!command) return
    event.preventDefault()
    this.run(command, event)
  }

  #released = event => {
    if (heldCommandOf(event) === "original") this.removeAttribute("data-original")
    if (heldCommandOf(event) === "hand") this.stage.removeAttribute("data-hand")
    this.stage.refresh()
  }

  #left = () => {
    this.removeAttribute("data-original")
    this.stage.removeAttribute("data-hand")
  }

  #clicked = ({ target }) => {
    const command = target.closest("[data-command]")?.dataset.command
    if (command) this.run(command)
  }

  #listeners = [
    ["keydown", this.#pressed], ["keyup", this.#released], ["focusout", this.#left], ["click", this.#clicked],
    ["view:change", () => { this.querySelector("[data-zoom]").value = `${Math.round(100 * this.stage.view.level)} %` }],
  ]

  #show() {
    for (const button of this.querySelectorAll("[data-command^='tool:']")) button.setAttribute("aria-pressed", button.dataset.command === `tool:${this.workbench.tool}`)
    this.dataset.tool = this.workbench.tool
    this.querySelector("[data-command='undo']").disabled = !this.mask.canUndo
    this.querySelector("[data-command='redo']").disabled = !this.mask.canRedo
    this.querySelector("[data-command='overlay']").setAttribute("aria-pressed", !this.hasAttribute("data-bare"))
    this.querySelector("brush-size").show(this.workbench.size)
    this.#count()
  }

  #count() {
    const { count, width, height } = this.mask.surface
    const { name, share } = shareWords(count, width * height)
    const place = this.querySelector("[data-share]")
    const words = worded(place.dataset[name], { share })
    if (place.value !== words) place.value = words
  }
}
