// The composer's strip of references: pictures come by file dialog, paste, drop or link; numbered, moved, removed.

import { openSheet } from "../helpers/dialog.js"
import { Dragging } from "../helpers/dragging.js"
import { DropZone } from "../helpers/drop-zone.js"
import { ErrorList } from "../helpers/error-list.js"
import { interpolate } from "../helpers/interpolate.js"
import { ReferenceList } from "../helpers/reference-list.js"
import { addPictures, movePicture, parsePictures, pictureIdsIn } from "../helpers/references.js"
import { session } from "../helpers/session.js"
import { UploadQueue, uploadFile } from "../helpers/uploads.js"

export class ReferenceStrip extends HTMLElement {
  #form
  #composer
  #list
  #bar
  #messages
  #errors
  #notes
  #zone = new DropZone({ onFiles: files => this.#upload(files), onLinks: text => this.#link(text) })
  #dragging = new Dragging({ onMove: (from, to) => this.#show(movePicture(this.pictures, from, to)) })
  #queue = new UploadQueue({ send: file => this.#send(file), onIdle: () => this.#uploaded() })
  #isSubmitWanted = false

  connectedCallback() {
    this.#form = this.closest("form")
    this.#composer = this.closest("composer-form, turn-form")
    this.#list = new ReferenceList(this.#ol, this.querySelector("template"), { onBroken: (id, address) => this.#dropMissing(id, address) })
    this.#bar = this.querySelector(".references-progress")
    this.#messages = this.querySelector(".references-errors").dataset
    this.#errors = new ErrorList(this.querySelector(".references-errors"))
    this.#notes = new ErrorList(this.querySelector(".references-notes"), "field-hint")
    this.addEventListener("change", this.#chosen)
    this.addEventListener("click", this.#act)
    this.addEventListener("keydown", this.#key)
    this.addEventListener("recipe:restore", this.#restored)
    this.#composer.addEventListener("submit", this.#waitForUploads, true)
    document.addEventListener("composer:fill", this.#fill)
    document.addEventListener("click", this.#take)
    this.#zone.watch(this.#composer)
    this.#dragging.watch(this.#ol)
    this.#restore()
  }

  disconnectedCallback() {
    this.removeEventListener("change", this.#chosen)
    this.removeEventListener("click", this.#act)
    this.removeEventListener("keydown", this.#key)
    this.removeEventListener("recipe:restore", this.#restored)
    this.#composer.removeEventListener("submit", this.#waitForUploads, true)
    document.removeEventListener("composer:fill", this.#fill)
    document.removeEventListener("click", this.#take)
    this.#zone.unwatch()
    this.#dragging.unwatch()
  }

  /** [{id, thumbnail, tokens}] in order; `tokens` are empty where they are not known. */
  get pictures() {
    return this.#list.pictures
  }

  get #ol() {
    return this.querySelector("ol")
  }

  // A form that came back with errors holds what is to be shown; else what the address names comes behind the draft.
  #restore() {
    const given = this.pictures
    const asked = new URLSearchParams(location.search)
    const isAnswer = this.#composer.hasAttribute("data-answer")
    if (asked.has("reference")) history.replaceState(null, "", location.pathname)
    this.#show(isAnswer || asked.has("reuse") ? given : this.#withMore(this.#composer.draft.load()?.references ?? [], given))
  }

  #withMore(list, more) {
    const { list: all, isFull } = addPictures(list, more, Number(this.dataset.max))
    if (isFull) this.#errors.add(this.#messages.many)
    return all
  }

  #show(pictures) {
    this.#list.show(pictures)
    this.dispatchEvent(new Event("change", { bubbles: true }))
  }

  #drop(id) {
    this.#show(this.pictures.filter(picture => picture.id !== id))
  }

  // A picture that is gone is no reference any more; one that could not be loaded for another reason stays.
  async #dropMissing(id, address) {
    const answer = await session.renew().then(() => session.send(address, { method: "HEAD" })).catch(() => null)
    if (answer?.status === 404) this.#drop(id)
  }

  #chosen = ({ target }) => {
    if (target.type !== "file") return
    this.#upload([...target.files])
    target.value = "" // each file is sent by itself, not once more with the form
  }

  #upload(files) {
    openSheet(this)
    this.#errors.clear()
    this.#notes.clear()
    this.#queue.add(files)
  }

  async #send(file) {
    const progress = this.#progressOf(file)
    const { max, maxBytes } = this.dataset
    try {
      if (this.pictures.length >= Number(max)) return this.#errors.add(this.#messages.many)
      if (file.size >= Number(maxBytes)) return this.#refuse(file, this.#messages.heavy)
      const picture = await uploadFile(file, { url: this.dataset.upload, onProgress: share => (progress.value = share) })
      this.#show(this.#withMore(this.pictures, [picture]))
      if (picture.note) this.#notes.add(`${file.name}: ${picture.note}.`)
      if (picture.recipe) this.#offerRecipe(file, picture)
    } catch (error) {
      this.#refuse(file, error.sentence || this.#messages[error.kind] || error.message)
    }
  }

  #offerRecipe(file, { id, recipe }) {
    const offer = this.querySelector("[data-offer='recipe']").content.cloneNode(true).firstElementChild
    const words = offer.querySelector("[data-words]")
    words.textContent = interpolate(words.dataset.words, { name: file.name })
    offer.dataset.id = id
    this.querySelector(".references-notes").append(offer)
    offer.recipe = recipe // once it is on the page, and so an element of its class
  }

  // The picture was not meant as a reference.
  #restored = ({ detail }) => this.#drop(detail.id)

  #progressOf(file) {
    const words = this.#bar.querySelector("span")
    words.textContent = interpolate(words.dataset.words, { name: file.name })
    this.#bar.hidden = false
    return Object.assign(this.#bar.querySelector("progress"), { value: 0 })
  }

  #uploaded() {
    this.#bar.hidden = true
    const isWanted = this.#isSubmitWanted && !this.#errors.count
    this.#isSubmitWanted = false
    if (isWanted) this.#form.requestSubmit()
  }

  #refuse(file, sentence) {
    this.#errors.add(`${file.name}: ${sentence}`)
  }

  #link(text) {
    const pictures = parsePictures(pictureIdsIn(text).join(" "))
    if (!pictures.length) return
    openSheet(this)
    this.#show(this.#withMore(this.pictures, pictures))
  }

  // *Use as reference* on a tile of this page: the picture joins the request that is being written here.
  #take = event => {
    const link = event.target.closest?.("a[data-reference]")
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    link.closest("[popover]")?.hidePopover()
    this.#errors.clear()
    this.#show(this.#withMore(this.pictures, parsePictures(link.dataset.reference)))
    const panel = this.closest("[popover]")
    if (panel && getComputedStyle(panel).position === "fixed" && !panel.matches(":popover-open")) panel.showPopover()
    this.#ol.lastElementChild?.scrollIntoView({ block: "nearest" })
    const status = this.querySelector("[role='status']")
    status.textContent = interpolate(status.dataset.added, { number: this.pictures.length })
  }

  // A request submitted while its pictures are still uploading is sent by itself when they have arrived.
  #waitForUploads = event => {
    if (!this.#queue.isBusy) return
    event.preventDefault()
    event.stopPropagation()
    this.#isSubmitWanted = true
  }

  #fill = ({ detail }) => {
    if (detail.references === undefined) return
    this.#errors.clear()
    this.#show(parsePictures(detail.references))
  }

  #act = ({ target }) => {
    const item = target.closest(".reference")
    const { action } = target.closest("button")?.dataset ?? {}
    if (action === "remove") this.#remove(item)
    else if (action) this.#move(item, action === "earlier" ? -1 : 1)
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
    this.#errors.clear()
    this.#notes.clear()
    this.#drop(item.dataset.id)
    ;(next?.querySelector("button") ?? this.querySelector("input[type='file']")).focus()
  }

  #move(item, step) {
    const focused = document.activeElement
    const at = this.#list.indexOf(item)
    this.#show(movePicture(this.pictures, at, at + step))
    const place = { number: this.#list.indexOf(item) + 1, count: this.#list.length }
    const status = this.querySelector("[role='status']")
    status.textContent = interpolate(status.dataset.moved, place)
    // The button that is gone at an end hands the focus to its picture.
    if (item.contains(focused)) (focused.checkVisibility() ? focused : item.querySelector("button")).focus()
  }
}
