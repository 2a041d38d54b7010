// A message that goes by itself after a while, unless it is an error or somebody is reading it; [data-seconds] says after how many.

const LIFETIME = 6 // seconds

export class ToastNote extends HTMLElement {
  #timer

  connectedCallback() {
    this.addEventListener("click", this.#close)
    if (this.dataset.level !== "error") this.#wait()
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#close)
    clearTimeout(this.#timer)
  }

  #close = event => {
    if (event.target.closest("button[type='button']")) this.remove()
  }

  #wait() {
    this.#timer = setTimeout(this.#expire, 1000 * Number(this.dataset.seconds ?? LIFETIME))
  }

  #expire = () => {
    if (this.matches(":hover, :focus-within")) this.#wait()
    else this.remove()
  }
}
