// The composer's strip of references: pictures come by file dialog, paste, drop or link; numbered, moved, removed.

import { Complaints } from "../helpers/complaints.js"
import { Dragging } from "../helpers/dragging.js"
import { DropZone } from "../helpers/drop-zone.js"
import { added, linked, moved, named, recall, remember } from "../helpers/references.js"
import { UploadQueue, upload } from "../helpers/uploads.js"
import { worded } from "../helpers/wish.js"

export class ReferenceStrip extends HTMLElement {
  #zone = new DropZone({ onFiles: files => this.#take(files), onLinks: text => this.#link(text) })
  #dragging = new Dragging({ onMove: (from, to) => this.#show(moved(this.pictures, from, to)) })
  #queue = new UploadQueue({ send: file => this.#send(file), onIdle: () => this.#sent() })
  #isSubmitWanted = false

  connectedCallback() {
    this.form = this.closest("form")
    this.composer = this.closest("composer-form, turn-form")
    this.list = this.querySelector("ol")
    this.bar = this.querySelector(".references-progress")
    this.errors = this.querySelector(".references-errors")
    this.complaints = new Complaints(this.errors)
    this.addEventListener("change", this.#chosen)
    this.addEventListener("click", this.#act)
    this.addEventListener("keydown", this.#key)
    this.composer.addEventListener("submit", this.#hold, true)
    document.addEventListener("composer:fill", this.#fill)
    this.#zone.watch(this.composer)
    this.#dragging.watch(this.list)
    this.#restore()
  }

  disconnectedCallback() {
    this.removeEventListener("change", this.#chosen)
    this.removeEventListener("click", this.#act)
    this.removeEventListener("keydown", this.#key)
    this.composer.removeEventListener("submit", this.#hold, true)
    document.removeEventListener("composer:fill", this.#fill)
    this.#zone.unwatch()
    this.#dragging.unwatch()
  }

  /** [{id, thumbnail, tokens}] in order; `tokens` are empty where they are not known. */
  get pictures() {
    return [...this.list.children].map(item => ({
      id: item.dataset.id,
      thumbnail: item.querySelector("img").getAttribute("src"),
      tokens: item.querySelector("input").dataset.tokens,
    }))
  }

  // What is chosen on Create waits there for the next visit; in a conversation it belongs to one message.
  get #isKept() {
    return this.composer.localName === "composer-form"
  }

  // An answer to what was posted holds what is to be shown; else what the address names comes behind the draft.
  #restore() {
    const given = this.pictures
    const asked = new URLSearchParams(location.search)
    const isAnswer = this.composer.hasAttribute("data-answer")
    if (asked.has("reference")) history.replaceState(null, "", location.pathname)
    this.#show(isAnswer || asked.has("reuse") ? given : this.#joined(this.#isKept ? recall(localStorage) : [], given))
  }

  #joined(list, more) {
    const { list: joined, isFull } = added(list, more, Number(this.dataset.most))
    if (isFull) this.complaints.say(this.errors.dataset.many)
    return joined
  }

  #show(pictures) {
    const known = new Map([...this.list.children].map(item => [item.dataset.id, item]))
    const items = pictures.map(picture => known.get(picture.id) ?? this.#made(picture))
    // What stays in its place is not taken out, so that it keeps the focus.
    for (const item of this.list.querySelectorAll("li")) if (!items.includes(item)) item.remove()
    items.forEach((item, at) => {
      if (this.list.children[at] !== item) this.list.insertBefore(item, this.list.children[at] ?? null)
    })
    items.forEach(number)
    if (this.#isKept) remember(localStorage, this.pictures)
    this.dispatchEvent(new Event("change", { bubbles: true }))
  }

  #made({ id, thumbnail, tokens = "" }) {
    const item = this.querySelector("template").content.firstElementChild.cloneNode(true)
    const input = item.querySelector("input")
    item.dataset.id = input.value = id
    input.dataset.tokens = tokens
    const image = item.querySelector("img")
    image.addEventListener("error", () => this.#show(this.pictures.filter(picture => picture.id !== id)), { once: true })
    image.src = thumbnail
    return item
  }

  #chosen = ({ target }) => {
    if (target.type !== "file") return
    this.#take([...target.files])
    target.value = "" // each file is sent by itself, not once more with the form
  }

  #take(files) {
    this.complaints.clear()
    this.#queue.add(files)
  }

  async #send(file) {
    const progress = this.#progressOf(file)
    const { most, mostBytes } = this.dataset
    try {
      if (this.pictures.length >= Number(most)) return this.complaints.say(this.errors.dataset.many)
      if (file.size >= Number(mostBytes)) return this.#refuse(file, this.errors.dataset.heavy)
      const options = { url: this.dataset.upload, token: this.form.elements.csrfmiddlewaretoken.value }
      const picture = await upload(file, { ...options, onProgress: share => (progress.value = share) })
      this.#show(this.#joined(this.pictures, [picture]))
    } catch (error) {
      this.#refuse(file, error.sentence || this.errors.dataset[error.kind] || error.message)
    }
  }

  #progressOf(file) {
    const words = this.bar.querySelector("span")
    words.textContent = worded(words.dataset.words, { name: file.name })
    this.bar.hidden = false
    return Object.assign(this.bar.querySelector("progress"), { value: 0 })
  }

  #sent() {
    this.bar.hidden = true
    const isWanted = this.#isSubmitWanted && !this.complaints.count
    this.#isSubmitWanted = false
    if (isWanted) this.form.requestSubmit()
  }

  #refuse(file, sentence) {
    this.complaints.say(`${file.name}: ${sentence}`)
  }

  #link(text) {
    const pictures = named(linked(text).join(" "))
    if (pictures.length) this.#show(this.#joined(this.pictures, pictures))
  }

  // A wish sent while its pictures are still on their way goes off by itself when they have arrived.
  #hold = event => {
    if (!this.#queue.isBusy) return
    event.preventDefault()
    event.stopPropagation()
    this.#isSubmitWanted = true
  }

  #fill = ({ detail }) => {
    if (detail.references === undefined) return
    this.complaints.clear()
    this.#show(named(detail.references))
  }

  #act = ({ target }) => {
    const item = target.closest(".reference")
    const act = target.closest("button")?.dataset.act
    if (act === "remove") this.#remove(item)
    else if (act) this.#move(item, act === "earlier" ? -1 : 1)
  }

  #key = event => {
    const item = event.target.closest(".reference")
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key]
    if (!step && !["Delete", "Backspace"].includes(event.key)) return
    event.preventDefault()
    if (step) this.#move(item, step)
    else this.#remove(item)
  }

  #remove(item) {
    const next = item.nextElementSibling ?? item.previousElementSibling
    this.complaints.clear()
    this.#show(this.pictures.filter(({ id }) => id !== item.dataset.id))
    ;(next?.querySelector("button") ?? this.querySelector("input[type='file']")).focus()
  }

  #move(item, step) {
    const focused = document.activeElement
    const at = [...this.list.children].indexOf(item)
    this.#show(moved(this.pictures, at, at + step))
    const place = { number: [...this.list.children].indexOf(item) + 1, count: this.list.children.length }
    const status = this.querySelector("[role='status']")
    status.textContent = worded(status.dataset.moved, place)
    // The button that is gone at an end hands the focus to its picture.
    if (item.contains(focused)) (focused.checkVisibility() ? focused : item.querySelector("button")).focus()
  }
}

function number(item, at) {
  item.querySelector(".reference-number").textContent = at + 1
  for (const button of item.querySelectorAll("[data-words]")) {
    button.setAttribute("aria-label", worded(button.dataset.words, { number: at + 1 }))
  }
}
