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
    if (!await copied(this.dataset.text)) return
    const words = button.textContent
    button.textContent = button.dataset.copied
    setTimeout(() => { button.textContent = words }, 1500)
  }
}

// The clipboard is closed to pages that came over plain HTTP; a selected field still copies there.
async function copied(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false)
  const field = document.body.appendChild(Object.assign(document.createElement("textarea"), { value: text }))
  field.select()
  const done = document.execCommand("copy")
  field.remove()
  return done
}
