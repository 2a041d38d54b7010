// How many jobs are open: in the header, the tab's title and its icon; opening the drawer loads the list.

import { Progress, progressIcon } from "../helpers/progress.js"

const PARTS = ["generating", "stopping", "queued"]

export class JobsPill extends HTMLElement {
  #progress = new Progress()
  #title = document.title
  #icon = document.querySelector("link[rel='icon']")
  #idle = this.#icon?.href

  connectedCallback() {
    document.addEventListener("live:counts", this.#show)
    this.#drawer.addEventListener("toggle", this.#refresh)
    this.#show({ detail: Object.fromEntries(PARTS.map(name => [name, this.#countOf(name)])) })
  }

  disconnectedCallback() {
    document.removeEventListener("live:counts", this.#show)
    this.#drawer.removeEventListener("toggle", this.#refresh)
  }

  get #drawer() {
    return this.querySelector("[popover]")
  }

  #part(name) {
    return this.querySelector(`[data-count="${name}"]`)
  }

  #countOf(name) {
    return Number(this.#part(name).querySelector("b").textContent)
  }

  #show = ({ detail: counts }) => {
    for (const name of PARTS) this.#part(name).querySelector("b").textContent = counts[name]
    const isStopping = counts.stopping > 0 && !counts.generating
    this.#part("generating").hidden = isStopping
    this.#part("stopping").hidden = !isStopping
    const open = counts.generating + counts.stopping + counts.queued
    this.querySelector(".pill").dataset.busy = open > 0
    document.title = open ? `(${open}) ${this.#title}` : this.#title
    if (this.#icon) this.#icon.href = open ? progressIcon(this.#progress.update(open)) : this.#idle
    if (!open) this.#progress = new Progress()
    if (this.#drawer.matches(":popover-open")) this.#refresh()
  }

  #refresh = () => {
    if (!this.#drawer.matches(":popover-open")) return
    this.#drawer.querySelector("[hx-get]").dispatchEvent(new Event("jobs:refresh", { bubbles: true }))
  }
}
