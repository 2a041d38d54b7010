import { RubberBand } from "../helpers/rubber-band.js"
import { isTaken } from "../helpers/keyboard.js"
import { interpolate } from "../helpers/interpolate.js"
import { Selection } from "../helpers/selection.js"

// A list whose pictures can be chosen: by their check box, Shift for a range, Ctrl, a rubber band, or all that its query finds.
// What can be done with them floats over it (templates/library/selection.html).
export class PictureSelection extends HTMLElement {
  #selection = new Selection()
  #band = new RubberBand({ onBand: band => this.#catch(band) })
  #before = [] // what was chosen when the band was begun
  #arrivals = new MutationObserver(() => this.#show())

  connectedCallback() {
    this.addEventListener("click", this.#clicked, { capture: true })
    this.addEventListener("selection:acted", this.#acted)
    document.addEventListener("keydown", this.#pressed)
    this.#band.watch(this.closest(".gallery") ?? this)
    this.#arrivals.observe(this.#list, { childList: true })
    this.addEventListener("gallery:arrived", this.#arrived)
    this.#show()
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#clicked, { capture: true })
    this.removeEventListener("selection:acted", this.#acted)
    document.removeEventListener("keydown", this.#pressed)
    this.removeEventListener("gallery:arrived", this.#arrived)
    this.#band.unwatch()
    this.#arrivals.disconnect()
  }

  get ids() {
    return this.#selection.ids
  }

  has(id) {
    return this.#selection.has(id)
  }

  get #list() {
    return this.querySelector(".gallery-list")
  }

  get #bar() {
    return this.querySelector(".selection")
  }

  get #items() {
    return [...this.querySelectorAll(".gallery-list > [data-picture]")]
  }

  get #order() {
    return this.#items.map(item => item.dataset.picture)
  }

  get #isWhole() {
    return this.#items.length >= this.#count
  }

  get #count() {
    return Number(this.#bar.dataset.count) || 0
  }

  #arrived = () => this.#show()

  #clicked = event => {
    const button = event.target.closest("[data-action]")
    if (button && this.#bar.contains(button)) return this.#act(button)
    const item = event.target.closest("[data-picture]")
    if (!item || event.button) return
    const isBox = event.target.closest(".gallery-select")
    const isLink = event.target.closest("a") && !event.target.closest(".gallery-actions")
    const isMeant = isBox || (isLink && (event.shiftKey || event.ctrlKey || event.metaKey || !this.#selection.isEmpty))
    if (!isMeant) return
    // A label clicks its box once more: only that click counts.
    if (isBox && !event.target.matches("input")) return
    if (!isBox) event.preventDefault()
    const id = item.dataset.picture
    if (event.shiftKey) this.#selection.extendTo(id, this.#order)
    else this.#selection.toggle(id, this.#order)
    getSelection()?.removeAllRanges() // Shift and a click choose text as well
    this.#show()
  }

  #pressed = event => {
    if (event.key !== "Escape" || this.#selection.isEmpty || isTaken(event)) return
    if (document.querySelector(":popover-open, dialog[open]")) return
    this.#clear()
  }

  #catch({ box, isBegun, isAdding }) {
    if (isBegun) this.#before = isAdding ? this.ids : []
    const caught = this.#items.filter(item => box.touches(item)).map(item => item.dataset.picture)
    this.#selection.replace([...this.#before, ...caught])
    this.#show()
  }

  #act(button) {
    const { action, url } = button.dataset
    if (action === "clear") this.#clear()
    if (action === "all") {
      this.#selection.chooseAll()
      this.#show()
    }
    if (action === "compare") location.assign(`${url}?${new URLSearchParams(this.ids.map(id => ["picture", id]))}`)
    if (action === "review") location.assign(`${url}?${this.#parameters}`)
  }

  get #parameters() {
    if (!this.#selection.isAll) return new URLSearchParams({ picture: this.ids.join(",") })
    const parameters = new URLSearchParams(this.#query)
    parameters.set("all", "1")
    return parameters
  }

  // What the list shows, as the server reads it: its address, and on the page of a collection that collection.
  get #query() {
    const query = new URLSearchParams(location.search)
    for (const [name, value] of new URLSearchParams(this.dataset.query ?? "")) query.set(name, value)
    for (const name of ["before", "after", "page", "at", "by"]) query.delete(name)
    return query.toString()
  }

  #clear() {
    this.#selection.clear()
    this.#show()
  }

  #acted = ({ detail: { isGone, changes = {} } }) => {
    for (const popover of this.querySelectorAll(":popover-open")) popover.hidePopover()
    const acted = this.#items.filter(item => this.has(item.dataset.picture))
    if ("is_starred" in changes) for (const item of acted) item.toggleAttribute("data-starred", changes.is_starred)
    if (!isGone) return this.#show()
    this.#bar.dataset.count = Math.max(0, this.#count - acted.length)
    for (const item of acted) item.remove()
    this.#clear()
    if (!this.#items.length) location.reload()
  }

  #show() {
    for (const item of this.#items) {
      const isChosen = this.has(item.dataset.picture)
      item.toggleAttribute("data-selected", isChosen)
      const box = item.querySelector(".gallery-select input")
      if (box) box.checked = isChosen
    }
    this.toggleAttribute("data-selecting", !this.#selection.isEmpty)
    this.#showBar()
  }

  #showBar() {
    const [bar, { isAll, size, isEmpty }] = [this.#bar, this.#selection]
    bar.hidden = isEmpty
    const { words, allWords } = bar.dataset
    bar.querySelector(".selection-count").textContent = interpolate(isAll ? allWords : words, { count: this.#shown(isAll ? this.#count : size) })
    const all = bar.querySelector("[data-action='all']")
    all.hidden = isAll || this.#isWhole && size >= this.#count || this.#count <= size
    all.textContent = interpolate(all.dataset.words, { count: this.#shown(this.#count) })
    const compare = bar.querySelector("[data-action='compare']")
    if (compare) compare.disabled = isAll || size < 2 || size > 4
    for (const button of bar.querySelectorAll("[data-single]")) button.disabled = isAll || size !== 1
    this.#fill({ picture: isAll ? null : this.ids.join(","), all: isAll ? "1" : null, query: isAll ? this.#query : null })
  }

  #fill(values) {
    const { elements } = this.#bar.querySelector("form")
    for (const [name, value] of Object.entries(values)) {
      elements[name].disabled = value === null
      elements[name].value = value ?? ""
    }
    elements.next.value = location.pathname + location.search
    const isStarred = this.#items.filter(item => this.has(item.dataset.picture)).every(item => "starred" in item.dataset)
    if (elements.value) elements.value.value = isStarred && !this.#selection.isAll ? "0" : "1"
  }

  #shown(number) {
    return number.toLocaleString(document.documentElement.lang)
  }
}
