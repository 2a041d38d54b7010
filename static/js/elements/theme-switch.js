// Dark, light or like the system: shown at once; its form tells the server, which keeps it for the next page.

export class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.#choose)
    document.addEventListener("theme:change", this.#mark)
    this.#mark()
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#choose)
    document.removeEventListener("theme:change", this.#mark)
  }

  #choose = event => {
    const theme = event.target.closest("button")?.value
    if (!theme) return
    document.documentElement.dataset.theme = theme
    document.dispatchEvent(new Event("theme:change"))
  }

  #mark = () => {
    const theme = document.documentElement.dataset.theme
    for (const button of this.querySelectorAll("button")) button.setAttribute("aria-current", button.value === theme)
  }
}
