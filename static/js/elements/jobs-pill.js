// How much is under way: in the header, the tab's title and its icon; opening the drawer asks for the list.

import { icon, Progress } from "../helpers/progress.js"

export class JobsPill extends HTMLElement {
  #progress = new Progress()
  #title = document.title
  #icon = document.querySelector("link[rel='icon']")
  #idle = this.#icon?.href

  connectedCallback() {
    document.addEventListener("live:counts", this.#show)
    this.#drawer.addEventListener("toggle", this.#look)
    this.#show({ detail: { drawing: this.#number("drawing"), queued: this.#number("queued") } })
  }

  disconnectedCallback() {
    document.removeEventListener("live:counts", this.#show)
    this.#drawer.removeEventListener("toggle", this.#look)
  }

  get #drawer() {
    return this.querySelector("[popover]")
  }

  #number(name) {
    return Number(this.querySelector(`[data-count="${name}"] b`).textContent)
  }

  #show = ({ detail: counts }) => {
    for (const name of ["drawing", "queued"]) this.querySelector(`[data-count="${name}"] b`).textContent = counts[name]
    const open = counts.drawing + counts.queued
    this.querySelector(".pill").dataset.busy = open > 0
    document.title = open ? `(${open}) ${this.#title}` : this.#title
    if (this.#icon) this.#icon.href = open ? icon(this.#progress.see(open)) : this.#idle
    if (!open) this.#progress = new Progress()
    if (this.#drawer.matches(":popover-open")) this.#look()
  }

  #look = () => {
    if (!this.#drawer.matches(":popover-open")) return
    this.#drawer.querySelector("[hx-get]").dispatchEvent(new Event("jobs:look", { bubbles: true }))
  }
}
