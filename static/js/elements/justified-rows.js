import { rowHeight } from "../helpers/density.js"
import { justify } from "../helpers/justify.js"

// Lays the items of its list out in justified rows; without it the list is a plain grid.
export class JustifiedRows extends HTMLElement {
  #list = null
  #width = 0
  #resizes = new ResizeObserver(() => this.#resized())
  #arrivals = new MutationObserver(() => this.#layOut())

  connectedCallback() {
    this.#list = this.querySelector("ul")
    this.#layOut()
    this.#resizes.observe(this)
    this.#arrivals.observe(this.#list, { childList: true })
    addEventListener("density:change", this.#densityChanged)
  }

  disconnectedCallback() {
    this.#resizes.disconnect()
    this.#arrivals.disconnect()
    removeEventListener("density:change", this.#densityChanged)
  }

  #resized() {
    if (Math.floor(this.clientWidth) !== this.#width) this.#layOut()
  }

  // The picture that was on top stays where it was.
  #densityChanged = () => {
    const anchor = this.#items.find((item) => item.getBoundingClientRect().bottom > 80)
    const top = anchor?.getBoundingClientRect().top
    this.#layOut()
    if (anchor && scrollY > 0) scrollBy({ top: anchor.getBoundingClientRect().top - top, behavior: "instant" })
  }

  get #items() {
    return [...this.#list.querySelectorAll(":scope > .gallery-item")]
  }

  #layOut() {
    this.#width = Math.floor(this.clientWidth)
    if (!this.#width) return
    const items = this.#items
    const boxes = justify(items.map(ratio), {
      width: this.#width,
      target: rowHeight(this.#width),
      gap: parseFloat(getComputedStyle(this.#list).columnGap) || 0,
      isComplete: !this.#list.querySelector(":scope > .gallery-more"),
    })
    items.forEach((item, index) => place(item, boxes[index]))
    this.dataset.laid = ""
  }
}

// A strip keeps a place in which it can still be seen; its ends are cut off here, never on its own page.
function ratio(item) {
  const img = item.querySelector("img")
  return Math.min(4, Math.max(0.33, img.getAttribute("width") / img.getAttribute("height")))
}

function place(item, box) {
  item.hidden = !box
  if (!box) return
  item.style.setProperty("--width", `${box.width}px`)
  item.style.setProperty("--height", `${box.height}px`)
}
