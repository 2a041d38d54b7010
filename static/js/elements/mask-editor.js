// The editor: opens the mask, runs the commands of keys and buttons, and says how much will change.

import { Cursor } from "../editor/cursor.js"
import { arrowOf, commandOf, heldCommandOf } from "../editor/keys.js"
import { Mask } from "../editor/mask.js"
import { describeShare } from "../editor/painted-share.js"
import { Workbench } from "../editor/workbench.js"
import { interpolate } from "../helpers/interpolate.js"
import { isTaken } from "../helpers/keyboard.js"

export class MaskEditor extends HTMLElement {
  connectedCallback() {
    this.#open()
    for (const [type, listener] of this.#listeners) this.addEventListener(type, listener)
    for (const [type, listener] of this.#keyListeners) document.addEventListener(type, listener)
    addEventListener("blur", this.#left)
    queueMicrotask(() => { this.#show(); this.stage.canvas.focus({ preventScroll: true }) })
  }

  disconnectedCallback() {
    for (const [type, listener] of this.#listeners) this.removeEventListener(type, listener)
    for (const [type, listener] of this.#keyListeners) document.removeEventListener(type, listener)
    removeEventListener("blur", this.#left)
  }

  get stage() {
    return this.querySelector("mask-stage")
  }

  get preferences() {
    return this.querySelector("editor-preferences").values
  }

  /** The mask changed in a box: show it, count it, and tell those who listen. */
  changed(box) {
    this.stage.refresh(box)
    this.#show()
    this.dispatchEvent(new Event("mask:change"))
  }

  /** Do what a key or a button stands for. */
  run(command, event = {}) {
    if (command.startsWith("tool:")) this.#finish(() => this.workbench.choose(command.slice(5)))
    else this.#commands[command](event)
    this.#show()
    this.stage.refresh()
  }

  /** Finish what has begun, so that what is seen is what will change. */
  settle() {
    this.#finish(() => this.workbench.settle())
  }

  #finish(act) {
    const wasBusy = this.workbench.isBusy
    const box = act()
    if (wasBusy) this.changed(box)
  }

  // A draft that cannot be read is left as it is on the server until something new is painted.
  #open() {
    const [width, height] = [Number(this.dataset.width), Number(this.dataset.height)]
    const draft = JSON.parse(this.querySelector("#draft")?.textContent || "null")
    try {
      this.#begin(draft ? Mask.from(draft, width, height) : new Mask(width, height))
      if (draft?.unfinished) this.workbench.unfinished = draft.unfinished
    } catch {
      this.querySelector("[data-unreadable]").hidden = false
      this.#begin(new Mask(width, height))
    }
  }

  #begin(mask) {
    this.mask = mask
    this.workbench = new Workbench(mask)
    this.cursor = new Cursor(this.workbench)
  }

  /** What a draft keeps of the painting. */
  toJSON() {
    return { ...this.mask.toJSON(), unfinished: this.workbench.unfinished }
  }

  #commands = {
    undo: () => this.changed(this.workbench.undo()),
    redo: () => this.changed(this.mask.redo()),
    invert: () => this.changed(this.workbench.whole("invert")),
    fill: () => this.changed(this.workbench.whole("fill")),
    clear: () => this.changed(this.workbench.whole("clear")),
    swap: () => this.#finish(() => this.workbench.swap()),
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

  #move(event) {
    const key = arrowOf(event)
    if (this.workbench.tool === "pan") {
      const [dx, dy] = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[key]
      return this.stage.show(this.stage.view.pan(dx, dy))
    }
    this.stage.refresh(this.cursor.move(key, this.stage.view, { isFine: event.shiftKey }))
    this.stage.show(this.stage.view.reveal(this.cursor.point))
  }

  // Wherever in the editor somebody clicked last, its keys hold: on all of the page but in text fields and questions.
  #pressed = event => {
    this.toggleAttribute("data-keyboard", true)
    if (isTaken(event) || document.querySelector("dialog[open]") || (event.key === "Escape" && document.querySelector(":popover-open"))) return
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

  // After a click the picture has the focus again, so that Enter, Space and the arrows are its own; whoever presses a button by
  // key stays there.
  #clicked = ({ target, detail }) => {
    const command = target.closest("[data-command]")?.dataset.command
    if (!command) return
    this.run(command)
    if (detail) this.stage.canvas.focus({ preventScroll: true })
  }

  #keyListeners = [["keydown", this.#pressed], ["keyup", this.#released]]

  #listeners = [
    ["focusout", this.#left], ["click", this.#clicked],
    ["view:change", () => { this.querySelector("[data-zoom]").value = `${Math.round(100 * this.stage.view.level)} %` }],
  ]

  #show() {
    for (const button of this.querySelectorAll("[data-command^='tool:']")) button.setAttribute("aria-pressed", button.dataset.command === `tool:${this.workbench.tool}`)
    this.dataset.tool = this.workbench.tool
    this.querySelector("[data-command='undo']").disabled = !this.workbench.canUndo
    this.querySelector("[data-command='redo']").disabled = !this.mask.canRedo
    this.querySelector("[data-command='overlay']").setAttribute("aria-pressed", !this.hasAttribute("data-bare"))
    this.querySelector("brush-size").show(this.workbench.size)
    this.#count()
  }

  #count() {
    const { count, width, height } = this.mask.surface
    const { name, share } = describeShare(count, width * height)
    const place = this.querySelector("[data-share]")
    const words = interpolate(place.dataset[name], { share })
    if (place.value !== words) place.value = words
  }
}
