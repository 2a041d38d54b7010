// Sentences about what was refused, one under the other, none twice.

export class Complaints {
  constructor(list) {
    this.list = list
  }

  get count() {
    return this.list.children.length
  }

  clear() {
    this.list.replaceChildren()
  }

  say(sentence) {
    if ([...this.list.children].some(line => line.textContent === sentence)) return
    const line = document.createElement("p")
    line.className = "field-error"
    line.textContent = sentence
    this.list.append(line)
  }
}
