// The advice under the prompt: one click adds the words it offers to the end of the prompt.

export class SafetyAdvice extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.#add)
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#add)
  }

  #add = event => {
    const words = event.target.closest("button")?.dataset.words
    if (!words) return
    const prompt = this.closest("form").elements.prompt
    prompt.value = prompt.value.trimEnd().replace(/[\s,，.。;；]+$/u, "") + words
    this.replaceChildren()
    prompt.dispatchEvent(new Event("input", { bubbles: true }))
    prompt.focus()
  }
}
