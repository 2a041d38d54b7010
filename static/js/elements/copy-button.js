// Copies data-text; its button says so for a moment.

export class CopyButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.#copy)
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#copy)
  }

  #copy = async () => {
    const button = this.querySelector("button")
    await navigator.clipboard.writeText(this.dataset.text)
    const words = button.textContent
    button.textContent = button.dataset.copied
    setTimeout(() => { button.textContent = words }, 1500)
  }
}
