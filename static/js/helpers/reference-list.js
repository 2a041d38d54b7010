// The strip's list on the page: an item for each reference, numbered in order.

import { interpolate } from "./interpolate.js"

export class ReferenceList {
  #list
  #template
  #onBroken

  /** `template` holds an item; `onBroken(id, address)` is told of a picture that cannot be loaded. */
  constructor(list, template, { onBroken }) {
    this.#list = list
    this.#template = template
    this.#onBroken = onBroken
  }

  get length() {
    return this.#list.children.length
  }

  /** [{id, thumbnail, tokens}] in order; `tokens` are empty where they are not known. */
  get pictures() {
    return [...this.#list.children].map(item => ({
      id: item.dataset.id,
      thumbnail: item.querySelector("img").getAttribute("src"),
      tokens: item.querySelector("input").dataset.tokens,
    }))
  }

  indexOf(item) {
    return [...this.#list.children].indexOf(item)
  }

  /** Show these pictures. What stays in its place is not taken out of the page, so that it keeps the focus. */
  show(pictures) {
    const known = new Map([...this.#list.children].map(item => [item.dataset.id, item]))
    const items = pictures.map(picture => known.get(picture.id) ?? this.#create(picture))
    for (const item of [...this.#list.children]) if (!items.includes(item)) item.remove()
    items.forEach((item, at) => {
      if (this.#list.children[at] !== item) this.#list.insertBefore(item, this.#list.children[at] ?? null)
    })
    items.forEach(numberItem)
  }

  #create({ id, thumbnail, tokens = "" }) {
    const item = this.#template.content.firstElementChild.cloneNode(true)
    const input = item.querySelector("input")
    item.dataset.id = input.value = id
    input.dataset.tokens = tokens
    const image = item.querySelector("img")
    image.addEventListener("error", () => this.#onBroken(id, thumbnail), { once: true })
    image.addEventListener("load", () => item.toggleAttribute("data-alpha", isTransparent(image)))
    image.src = thumbnail
    image.dataset.original = `/media/${id}/original`
    return item
  }
}

/** Whether anything of a loaded picture can be seen through. */
function isTransparent(image) {
  const [width, height] = [96, 96]
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })
  context.drawImage(image, 0, 0, width, height)
  const { data } = context.getImageData(0, 0, width, height)
  return data.some((level, at) => at % 4 === 3 && level < 250)
}

function numberItem(item, at) {
  item.querySelector(".reference-number").textContent = at + 1
  for (const button of item.querySelectorAll("[data-words]")) {
    button.setAttribute("aria-label", interpolate(button.dataset.words, { number: at + 1 }))
  }
}
