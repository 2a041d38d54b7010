// What a day cost, in a note beside the pointer, read from the table below the chart; the table itself is shown on demand.

export class SpendChart extends HTMLElement {
  #abort

  connectedCallback() {
    this.#abort = new AbortController()
    const { signal } = this.#abort
    const bars = this.querySelector(".chart-bars")
    bars.addEventListener("pointerover", (event) => this.#show(event.target.closest(".chart-day")), { signal })
    bars.addEventListener("pointerleave", () => this.#show(null), { signal })
    const button = this.querySelector(".chart-switch")
    button.addEventListener("click", () => this.#switch(button), { signal })
  }

  disconnectedCallback() {
    this.#abort.abort()
  }

  #show(day) {
    const note = this.querySelector(".chart-note")
    note.hidden = !day
    if (!day) return
    note.replaceChildren(...this.#words(Number(day.dataset.at)))
    const frame = this.querySelector(".chart-frame").getBoundingClientRect()
    const slot = day.querySelector(".chart-slot").getBoundingClientRect()
    const middle = (slot.left + slot.right) / 2 - frame.left
    // Beside the bar, on the side where there is more room.
    const isLeft = middle > frame.width / 2
    note.style.setProperty("--at", `${isLeft ? slot.left - frame.left - 8 : slot.right - frame.left + 8}px`)
    note.style.setProperty("--shift", isLeft ? "-100%" : "0")
  }

  #words(at) {
    const { tHead, tBodies } = this.querySelector("table")
    const heads = [...tHead.rows[0].cells]
    const [day, ...cells] = [...tBodies[0].rows[at].cells].map((cell) => cell.textContent)
    const head = document.createElement("strong")
    head.append(span(day), span(cells.at(-1)))
    const list = document.createElement("ul")
    heads.slice(1, -1).forEach((cell, index) => {
      if (!tBodies[0].rows[at].cells[index + 1].classList.contains("muted")) list.append(line(cell, cells[index]))
    })
    return [head, list]
  }

  #switch(button) {
    const table = this.querySelector(".chart-table")
    const isShown = !table.classList.toggle("sr-only")
    button.setAttribute("aria-expanded", isShown)
    const words = button.querySelector("span")
    ;[words.textContent, button.dataset.hide] = [button.dataset.hide, words.textContent]
  }
}

function line(head, amount) {
  const item = document.createElement("li")
  const sample = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  sample.setAttribute("width", 8)
  sample.setAttribute("height", 8)
  const rect = sample.appendChild(document.createElementNS(sample.namespaceURI, "rect"))
  rect.setAttribute("width", 8)
  rect.setAttribute("height", 8)
  rect.setAttribute("rx", 2)
  rect.setAttribute("class", `series-${head.dataset.colour}`)
  const value = document.createElement("b")
  value.textContent = amount
  item.append(sample, span(head.textContent), value)
  return item
}

function span(text) {
  const element = document.createElement("span")
  element.textContent = text
  return element
}
