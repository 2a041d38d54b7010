// Items of a list put in another order by dragging them over each other; the dragged one is marked [data-dragged].

const TYPES = ["dragstart", "dragover", "dragend"]

export class Dragging {
  #onMove
  #list

  /** `onMove(from, to)` hears places in the list. */
  constructor({ onMove }) {
    this.#onMove = onMove
  }

  watch(list) {
    this.#list = list
    for (const type of TYPES) list.addEventListener(type, this.#drag)
  }

  unwatch() {
    for (const type of TYPES) this.#list.removeEventListener(type, this.#drag)
  }

  #drag = event => {
    const items = [...this.#list.children]
    const over = items.indexOf(event.target.closest("li"))
    const dragged = items.findIndex(item => "dragged" in item.dataset)
    if (event.type === "dragstart") {
      event.dataTransfer.effectAllowed = "move"
      event.dataTransfer.setData("text/plain", "")
      items[over].dataset.dragged = ""
    } else if (event.type === "dragend") {
      delete items[dragged]?.dataset.dragged
    } else if (dragged >= 0) {
      event.preventDefault()
      if (over >= 0 && over !== dragged) this.#onMove(dragged, over)
    }
  }
}
