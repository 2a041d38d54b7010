import { density, setDensity } from "../helpers/density.js"

// The slider for the height of the gallery's rows.
export class RowDensity extends HTMLElement {
  connectedCallback() {
    this.#input.value = density()
    this.addEventListener("input", this.#changed)
  }

  disconnectedCallback() {
    this.removeEventListener("input", this.#changed)
  }

  #changed = () => setDensity(this.#input.valueAsNumber)

  get #input() {
    return this.querySelector("input")
  }
}
