// A file that was dropped carries the recipe it was made with: it goes into the composer, or the picture stays a reference.

export class RecipeOffer extends HTMLElement {
  recipe = {} // the composer's fields

  connectedCallback() {
    this.addEventListener("click", this.#answer)
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#answer)
  }

  #answer = event => {
    const { action } = event.target.closest("button")?.dataset ?? {}
    event.stopPropagation()
    if (!action) return
    if (action === "restore") {
      this.dispatchEvent(new CustomEvent("recipe:restore", { bubbles: true, detail: { id: this.dataset.id } }))
      document.dispatchEvent(new CustomEvent("composer:fill", { detail: this.recipe }))
    }
    this.remove()
  }
}
