// Messages, one under the other, none twice.

export class ErrorList {
  #list
  #className

  /** `className` is that of a message; notes that are no errors have another one. */
  constructor(list, className = "field-error") {
    this.#list = list
    this.#className = className
  }

  get count() {
    return this.#list.children.length
  }

  clear() {
    this.#list.replaceChildren()
  }

  add(sentence) {
    if ([...this.#list.children].some(line => line.textContent === sentence)) return
    const line = document.createElement("p")
    line.className = this.#className
    line.textContent = sentence
    this.#list.append(line)
  }
}
