// A candidate's place: when its tile has ended, htmx (waiting for "ended") brings the card with the picture in it.
export class CandidateCard extends HTMLElement {
  #states = new MutationObserver(() => this.#check())

  connectedCallback() {
    const tile = this.querySelector(".tile")
    if (tile) this.#states.observe(tile, { attributeFilter: ["data-state"] })
  }

  disconnectedCallback() {
    this.#states.disconnect()
  }

  #check() {
    const { state } = this.querySelector(".tile").dataset
    if (state === "succeeded" || state === "canceled") this.dispatchEvent(new CustomEvent("ended"))
  }
}
