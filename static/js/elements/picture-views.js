// The other files of one picture: the one that is chosen lies over the picture on the stage, at the same zoom.
export class PictureViews extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", this.#changed)
  }

  disconnectedCallback() {
    this.removeEventListener("change", this.#changed)
    this.#over?.remove()
  }

  #changed = ({ target }) => {
    this.#over?.remove()
    if (!target.value) return
    const over = new Image()
    over.addEventListener("load", () => { over.dataset.shown = "" }, { once: true })
    Object.assign(over, { src: target.value, alt: target.dataset.alt, className: "stage-view", draggable: false })
    this.#frame.append(over)
  }

  get #frame() { return document.querySelector(".picture .stage-frame") }
  get #over() { return this.#frame?.querySelector(".stage-view") }
}
