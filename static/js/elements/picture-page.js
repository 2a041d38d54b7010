import { isTaken } from "../helpers/keyboard.js"

const KEYS = { ArrowLeft: "[rel=prev]", ArrowRight: "[rel=next]", Escape: "[data-close]" }

// The lightbox: ← → walk through the gallery without piling up history, so that Back closes it.
export class PicturePage extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.#clicked)
    if (this.hasAttribute("data-shortcuts")) document.addEventListener("keydown", this.#pressed)
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#clicked)
    document.removeEventListener("keydown", this.#pressed)
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
    const link = KEYS[event.key] && this.querySelector(KEYS[event.key])
    if (!link || !isFree || document.querySelector(":popover-open, dialog[open]")) return
    event.preventDefault()
    link.click()
  }
}

// The page before this one in the tab's history is the one the link leads to: going back keeps its place.
function cameFrom(link) {
  const entries = globalThis.navigation?.entries() ?? []
  const before = entries[globalThis.navigation?.currentEntry?.index - 1]
  return before?.url && new URL(before.url).pathname === new URL(link.href).pathname
}
