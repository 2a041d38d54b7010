// A message that goes by itself after a while, unless it is an error or somebody is reading it.

const LIFETIME = 6000

export class ToastNote extends HTMLElement {
  #timer

  connectedCallback() {
    this.addEventListener("click", this.#close)
    if (this.dataset.level !== "error") this.#timer = setTimeout(this.#expire, LIFETIME)
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#close)
    clearTimeout(this.#timer)
  }

  #close = event => {
    if (event.target.closest("button")) this.remove()
  }

  #expire = () => {
    if (this.matches(":hover, :focus-within")) this.#timer = setTimeout(this.#expire, LIFETIME)
    else this.remove()
  }
}
