// The star and the rating of a picture. Both are sent by htmx; what was refused is shown as it was before.
export class PictureJudgement extends HTMLElement {
  #rating = "0"

  connectedCallback() {
    this.#rating = this.#checked
    this.addEventListener("htmx:afterRequest", this.#answered)
    this.addEventListener("click", this.#clicked)
  }

  disconnectedCallback() {
    this.removeEventListener("htmx:afterRequest", this.#answered)
    this.removeEventListener("click", this.#clicked)
  }

  star() {
    this.#star.click()
  }

  /** Rate it; the rating it has already is taken away. */
  rate(rating) {
    this.#radio(String(rating) === this.#checked ? "0" : String(rating)).click()
  }

  // After a click of a pointer the arrows go on to the next picture; they would change the rating while it has the focus.
  #clicked = ({ target, detail }) => {
    if (detail && target.name === "rating") target.blur()
  }

  #answered = ({ target, detail: { successful } }) => {
    if (target === this.#star && successful) {
      const isStarred = target.getAttribute("aria-pressed") !== "true"
      target.setAttribute("aria-pressed", isStarred)
      target.value = isStarred ? "0" : "1"
    }
    if (target === this.#form) {
      if (successful) this.#rating = this.#checked
      else this.#radio(this.#rating).checked = true
    }
  }

  get #star() { return this.querySelector("[name=starred]") }
  get #form() { return this.querySelector("form") }
  get #checked() { return this.querySelector("[name=rating]:checked")?.value ?? "0" }
  #radio(rating) { return this.querySelector(`[name=rating][value="${rating}"]`) }
}
