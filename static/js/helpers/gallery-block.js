// A block of the gallery: some dozens of pictures that are laid out by themselves. Far from the view it keeps its height alone.

import { justifyBlock } from "./justify-block.js"

export class GalleryBlock {
  isLast = false
  height = 0
  #ratios

  constructor(element) {
    this.element = element
    this.first = element.dataset.first
    this.last = element.dataset.last
    this.#ratios = this.items.map(ratio)
  }

  get list() {
    return this.element.querySelector("ul")
  }

  get items() {
    return [...this.list.children]
  }

  get count() {
    return this.list.childElementCount
  }

  get isEmpty() {
    return this.count === 0
  }

  /** How many pictures it has, whether they are in the page or not. */
  get laidCount() {
    return this.#ratios.length
  }

  layOut(room) {
    if (!this.isEmpty) this.#ratios = this.items.map(ratio)
    const { boxes, height } = justifyBlock(this.#ratios, { ...room, isLast: this.isLast })
    this.items.forEach((item, index) => {
      item.style.setProperty("--width", `${boxes[index].width}px`)
      item.style.setProperty("--height", `${boxes[index].height}px`)
    })
    this.height = height
    this.element.style.blockSize = `${height}px`
  }

  /** Take the pictures out of the page; their place stays. */
  release() {
    this.list.replaceChildren()
  }

  /** Put the pictures back in. */
  fill(fresh) {
    this.list.replaceChildren(...fresh.querySelector("ul").children)
    this.#ratios = this.items.map(ratio)
  }
}

// A strip keeps a place in which it can still be seen; its ends are cut off here, never on its own page.
function ratio(item) {
  const img = item.querySelector("img")
  return Math.min(4, Math.max(0.33, img.getAttribute("width") / img.getAttribute("height")))
}
