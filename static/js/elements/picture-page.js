import { isTaken, keysOf } from "../helpers/keyboard.js"

const LINKS = {
  ArrowLeft: "[rel=prev]", ArrowRight: "[rel=next]", Escape: "[data-close]",
  e: "[data-key=e]", r: "[data-key=r]", c: "[data-key=c]", Delete: "[data-key=delete]",
}

// The lightbox: ← → walk through the list one came from without piling up history, so that Back closes it.
export class PicturePage extends HTMLElement {
  #neighbours = []

  connectedCallback() {
    this.addEventListener("click", this.#clicked)
    if (this.hasAttribute("data-shortcuts")) document.addEventListener("keydown", this.#pressed)
    if (document.readyState === "complete") this.#preload()
    else addEventListener("load", this.#preload, { once: true })
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#clicked)
    document.removeEventListener("keydown", this.#pressed)
    removeEventListener("load", this.#preload)
  }

  // The pages of the neighbours are not asked for: opening one says that it was looked at.
  #preload = () => {
    this.#neighbours = [...this.querySelectorAll("[data-preload]")].map((link) => {
      return Object.assign(new Image(), { src: link.dataset.preload })
    })
  }

  #clicked = (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    const neighbour = event.target.closest("[rel=prev], [rel=next]")
    const close = event.target.closest("[data-close]")
    if (neighbour) location.replace(neighbour.href)
    else if (close && cameFrom(close)) history.back()
    else return
    event.preventDefault()
  }

  #pressed = (event) => {
    const isFree = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey && !isTaken(event)
    if (!isFree || document.querySelector(":popover-open, dialog[open]")) return
    if (keysOf(event).some((key) => this.#do(key))) event.preventDefault()
  }

  #do(key) {
    const link = LINKS[key] && this.querySelector(LINKS[key])
    const judgement = this.querySelector("picture-judgement")
    if (link) link.click()
    else if (judgement && key === "f") judgement.star()
    else if (judgement && /^[0-5]$/.test(key)) judgement.rate(Number(key))
    else return false
    return true
  }
}

// The page before this one in the tab's history is the one the link leads to: going back keeps its place.
function cameFrom(link) {
  const entries = globalThis.navigation?.entries() ?? []
  const before = entries[globalThis.navigation?.currentEntry?.index - 1]
  return before?.url && new URL(before.url).pathname === new URL(link.href).pathname
}
