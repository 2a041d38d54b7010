// `@` in the prompt offers the references and writes "image 2".

import { isComposing } from "../helpers/keyboard.js"

export class PromptMentions extends HTMLElement {
  #prompt
  #list
  #at
  #length

  connectedCallback() {
    this.#prompt = this.closest("form").elements.prompt
    this.#list = this.querySelector("[role='listbox']")
    this.#prompt.addEventListener("input", this.#typed)
    this.#prompt.addEventListener("keydown", this.#key)
    this.#prompt.addEventListener("blur", this.#close)
    this.#list.addEventListener("pointerdown", this.#pick)
  }

  disconnectedCallback() {
    this.#prompt.removeEventListener("input", this.#typed)
    this.#prompt.removeEventListener("keydown", this.#key)
    this.#prompt.removeEventListener("blur", this.#close)
    this.#list.removeEventListener("pointerdown", this.#pick)
  }

  get #isOpen() {
    return this.#list.matches(":popover-open")
  }

  #typed = () => {
    const before = this.#prompt.value.slice(0, this.#prompt.selectionStart)
    const pictures = this.closest("form").querySelector("reference-strip").pictures
    const typed = /(?:^|\s)@(\d*)$/.exec(before)
    const offered = typed ? pictures.map((picture, at) => ({ ...picture, number: `${at + 1}` })).filter(({ number }) => number.startsWith(typed[1])) : []
    if (!offered.length) return this.#close()
    this.#length = typed[1].length + 1
    this.#list.replaceChildren(...offered.map(option))
    this.#select(0)
    const { left, bottom } = this.#prompt.getBoundingClientRect()
    this.#list.style.setProperty("left", `${left}px`)
    this.#list.style.setProperty("top", `${bottom + 4}px`)
    if (!this.#isOpen) this.#list.showPopover()
  }

  // Before the composer hears of the key: an arrow here chooses, and Escape closes only the list.
  #key = event => {
    if (!this.#isOpen || isComposing(event)) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step && !["Enter", "Tab", "Escape"].includes(event.key)) return
    if (event.ctrlKey || event.metaKey) return
    event.preventDefault()
    event.stopPropagation()
    if (step) this.#select((this.#at + step + this.#list.children.length) % this.#list.children.length)
    else if (event.key === "Escape") this.#close()
    else this.#write(this.#list.children[this.#at])
  }

  #pick = event => {
    event.preventDefault()
    const item = event.target.closest("li")
    if (item) this.#write(item)
  }

  #select(at) {
    this.#at = at
    for (const [index, item] of [...this.#list.children].entries()) item.setAttribute("aria-selected", index === at)
    this.#list.children[at].scrollIntoView({ block: "nearest" })
    this.#prompt.setAttribute("aria-activedescendant", this.#list.children[at].id)
  }

  #write(item) {
    const end = this.#prompt.selectionStart
    this.#prompt.setRangeText(`image ${item.dataset.number}`, end - this.#length, end, "end")
    this.#close()
    this.#prompt.dispatchEvent(new Event("input", { bubbles: true }))
  }

  #close = () => {
    if (this.#isOpen) this.#list.hidePopover()
    this.#prompt.removeAttribute("aria-activedescendant")
  }
}

function option({ number, thumbnail }) {
  const item = document.createElement("li")
  const image = document.createElement("img")
  Object.assign(image, { src: thumbnail, alt: "" })
  Object.assign(item, { id: `mention-${number}`, role: "option" })
  item.dataset.number = number
  item.append(image, `image ${number}`)
  return item
}
