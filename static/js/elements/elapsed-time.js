// Counts up from data-since; fills its tile's progress bar towards data-expected and marks the tile late after data-late.
// Once the expected time has passed it carries data-over, and the expectation is no longer claimed.

import { formatDuration, progressShare } from "../helpers/clock.js"

export class ElapsedTime extends HTMLElement {
  #timer

  connectedCallback() {
    this.#tick()
    this.#timer = setInterval(this.#tick, 1000)
  }

  disconnectedCallback() {
    clearInterval(this.#timer)
  }

  #tick = () => {
    const { since, expected, late } = this.dataset
    const seconds = Math.max(0, (Date.now() - Date.parse(since)) / 1000)
    this.textContent = formatDuration(seconds)
    this.toggleAttribute("data-over", seconds > Number(expected))
    const tile = this.closest(".tile")
    if (!tile) return
    const bar = tile.querySelector(".tile-progress")
    if (bar && expected) bar.value = 100 * progressShare(seconds, Number(expected))
    if (late && Date.now() >= Date.parse(late)) tile.toggleAttribute("data-late", true)
  }
}
