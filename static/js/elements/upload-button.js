// The gallery's Upload: sends the chosen file with a progress bar and goes to its page.

import { upload } from "../helpers/uploads.js"

export class UploadButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", this.#send)
  }

  disconnectedCallback() {
    this.removeEventListener("change", this.#send)
  }

  #send = async ({ target }) => {
    const [file] = target.files
    const form = target.form
    const progress = this.querySelector("progress")
    if (!file) return
    progress.hidden = false
    this.#say("")
    try {
      const options = { url: form.action, token: form.elements.csrfmiddlewaretoken.value }
      const picture = await upload(file, { ...options, onProgress: share => (progress.value = share) })
      location.assign(picture.url)
    } catch (error) {
      this.#say(error.sentence || form.dataset.lost)
      progress.hidden = true
      target.value = ""
    }
  }

  #say(sentence) {
    this.querySelector("[role='alert']").textContent = sentence
  }
}
