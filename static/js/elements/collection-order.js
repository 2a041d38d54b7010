// The pictures of a collection: dragged among each other, or moved with Alt and the arrow keys. The server hears which one stands before
// which, so that two people may drag at once.

export class CollectionOrder extends HTMLElement {
  #moved = null
  #before = null

  connectedCallback() {
    if (!this.dataset.url) return
    for (const type of ["dragstart", "dragover", "drop", "dragend"]) this.addEventListener(type, this.#drag)
    this.addEventListener("keydown", this.#pressed)
  }

  disconnectedCallback() {
    for (const type of ["dragstart", "dragover", "drop", "dragend"]) this.removeEventListener(type, this.#drag)
    this.removeEventListener("keydown", this.#pressed)
  }

  get #items() {
    return [...this.querySelectorAll(".gallery-list > [data-picture]")]
  }

  #drag = event => {
    const item = event.target.closest("[data-picture]")
    if (event.type === "dragstart") {
      this.#moved = item
      item?.toggleAttribute("data-dragged", true)
    } else if (event.type === "dragend") {
      this.#end()
    } else if (this.#moved) {
      event.preventDefault()
      event.stopPropagation()
      event.dataTransfer.dropEffect = "copy" // the only one that helpers/originals.js allows
      if (event.type === "drop") this.#drop()
      else if (item) this.#show(item, event.clientX)
    }
  }

  // The half of a picture that the pointer is over decides on which side of it the dragged one will stand.
  #show(item, x) {
    const { left, width } = item.getBoundingClientRect()
    const isLater = x > left + width / 2
    for (const each of this.#items) each.removeAttribute("data-drop")
    item.dataset.drop = isLater ? "after" : "before"
    this.#before = isLater ? item.nextElementSibling : item
  }

  #drop() {
    const [moved, before] = [this.#moved, this.#before]
    this.#end()
    if (before !== moved && before !== moved.nextElementSibling) this.#move(moved, before)
  }

  #end() {
    this.#moved?.removeAttribute("data-dragged")
    for (const each of this.#items) each.removeAttribute("data-drop")
    this.#moved = null
  }

  #pressed = event => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    const item = event.target.closest("[data-picture]")
    if (!step || !event.altKey || !item) return
    event.preventDefault()
    const items = this.#items
    const at = items.indexOf(item)
    if (!items[at + step]) return
    this.#move(item, step < 0 ? items[at - 1] : items[at + 2] ?? items[at + 1].nextElementSibling)
    item.querySelector("a").focus()
  }

  // `before` may be what asks for the next page: then the place is at the end of what is loaded.
  #move(item, before) {
    const values = { picture: item.dataset.picture, before: before?.dataset.picture ?? "" }
    if (before && !before.dataset.picture) return
    item.parentElement.insertBefore(item, before)
    window.htmx.ajax("POST", this.dataset.url, { source: this, swap: "none", values })
  }
}
