// The slider of the brush's diameter in picture pixels; keys and the wheel change it too.

export class BrushSize extends HTMLElement {
  #editor

  connectedCallback() {
    this.#editor = this.closest("mask-editor")
    this.addEventListener("input", this.#typed)
  }

  disconnectedCallback() {
    this.removeEventListener("input", this.#typed)
  }

  show(size) {
    const slider = this.querySelector("input")
    slider.value = size
    slider.setAttribute("aria-valuetext", `${size} px`)
    this.querySelector("output").value = `${size} px`
  }

  #typed = ({ target }) => {
    this.#editor.workbench.size = target.value
    this.show(this.#editor.workbench.size)
    this.#editor.stage.refresh()
  }
}
