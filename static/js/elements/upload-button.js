// The gallery's Upload: sends what is chosen, dropped or pasted with a progress bar. One picture leads to its page, several to the
// gallery with them in it.

import { DropZone } from "../helpers/drop-zone.js"
import { ErrorList } from "../helpers/error-list.js"
import { UploadQueue, uploadFile } from "../helpers/uploads.js"

export class UploadButton extends HTMLElement {
  #zone = new DropZone({ onFiles: files => this.#add(files) })
  #queue = new UploadQueue({ send: file => this.#send(file), onIdle: () => this.#finish() })
  #arrived = []
  #count = 0
  #errors

  connectedCallback() {
    this.#errors = new ErrorList(this.querySelector("[role='alert']"))
    this.querySelector("input[type='file']").multiple = true // without this script a form is one file
    this.addEventListener("change", this.#chosen)
    this.#zone.watch(document.querySelector("main"))
  }

  disconnectedCallback() {
    this.removeEventListener("change", this.#chosen)
    this.#zone.unwatch()
  }

  get #form() {
    return this.querySelector("form")
  }

  get #progress() {
    return this.querySelector("progress")
  }

  #chosen = ({ target }) => {
    this.#add([...target.files])
    target.value = ""
  }

  #add(files) {
    if (!files.length) return
    if (!this.#queue.isBusy) [this.#arrived, this.#count] = [[], 0]
    this.#count += files.length
    this.#errors.clear()
    this.#progress.hidden = false
    this.#queue.add(files)
  }

  async #send(file) {
    const done = this.#arrived.length + this.#errors.count
    try {
      const onProgress = share => (this.#progress.value = (done + share) / this.#count)
      this.#arrived.push(await uploadFile(file, { url: this.#form.action, onProgress }))
    } catch (error) {
      const sentence = error.sentence || this.#form.dataset.lost
      this.#errors.add(this.#count > 1 ? `${file.name}: ${sentence}` : sentence)
    }
  }

  #finish() {
    this.#progress.hidden = true
    if (!this.#arrived.length) return
    if (this.#count === 1) location.assign(this.#arrived[0].url)
    else if (!this.#errors.count || !document.querySelector(".gallery")) location.reload()
    else window.htmx.ajax("GET", location.href, { target: ".gallery", select: ".gallery", swap: "outerHTML" })
  }
}
