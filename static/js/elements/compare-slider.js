// Two pictures over each other in a zoom-view: --split, in percent of the view, is where the second one begins.
// The range under them moves it by keyboard; the pointer takes the line, or the whole picture while it is not zoomed.
export class CompareSlider extends HTMLElement {
  #pointer = null

  connectedCallback() {
    for (const [type, handler] of this.#handlers) this.addEventListener(type, handler, { capture: true, passive: true })
    this.#show()
  }

  disconnectedCallback() {
    for (const [type, handler] of this.#handlers) this.removeEventListener(type, handler, { capture: true })
  }

  /** Move the line by so many percent of the view. */
  moveBy(percent) {
    this.#range.value = Number(this.#range.value) + percent
    this.#show()
  }

  #input = (event) => {
    if (event.target === this.#range) this.#show()
  }

  // Among other views the page scrolls under the plain wheel; with Ctrl or by pinch the zoom-view zooms.
  #wheel = (event) => {
    if (this.dataset.wheel === "scroll" && !event.ctrlKey && !event.metaKey) event.stopPropagation()
  }

  #down = (event) => {
    const isLine = event.target.closest(".compare-line")
    if (event.button || !event.isPrimary || !this.#stage.contains(event.target) || event.target.closest("button")) return
    if (this.#stage.hasAttribute("data-zoomed") && !isLine) return
    event.stopPropagation()
    this.#pointer = event.pointerId
    this.#stage.setPointerCapture(event.pointerId)
    this.#move(event)
  }

  #move = (event) => {
    if (event.pointerId !== this.#pointer) return
    event.stopPropagation()
    const box = this.#stage.getBoundingClientRect()
    this.#range.value = 100 * (event.clientX - box.left) / box.width
    this.#show()
  }

  #up = (event) => {
    if (event.pointerId === this.#pointer) this.#pointer = null
  }

  #handlers = [
    ["input", this.#input], ["wheel", this.#wheel],
    ["pointerdown", this.#down], ["pointermove", this.#move], ["pointerup", this.#up], ["pointercancel", this.#up],
  ]

  #show() {
    this.style.setProperty("--split", this.#range.value)
    this.#range.setAttribute("aria-valuetext", this.dataset.words.replace("%(share)s", this.#range.value))
  }

  get #range() { return this.querySelector(".compare-range") }
  get #stage() { return this.querySelector("zoom-view") }
}
