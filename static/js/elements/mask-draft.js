// Saves the draft on the server while somebody paints, and says so; asks before a page with unsaved strokes is left.

import { Autosave } from "../editor/autosave.js"
import { session } from "../helpers/session.js"

export class MaskDraft extends HTMLElement {
  #editor
  #prompt
  #autosave

  connectedCallback() {
    const { url, version } = this.dataset
    this.#editor = this.closest("mask-editor")
    this.#prompt = this.#editor.querySelector("textarea[name='prompt']")
    this.#autosave = new Autosave({ url, version: Number(version), read: () => ({ ...this.#editor.toJSON(), prompt: this.#prompt.value }), send: this.#send })
    this.#autosave.addEventListener("state", this.#say)
    this.#editor.addEventListener("mask:change", this.#touch)
    this.#prompt.addEventListener("input", this.#touch)
    document.addEventListener("visibilitychange", this.#hide)
    for (const [type, listener] of this.#listeners) addEventListener(type, listener)
    this.#restorePrompt()
  }

  disconnectedCallback() {
    this.#editor.removeEventListener("mask:change", this.#touch)
    this.#prompt.removeEventListener("input", this.#touch)
    document.removeEventListener("visibilitychange", this.#hide)
    for (const [type, listener] of this.#listeners) removeEventListener(type, listener)
  }

  /** The mask is sent with the form: leaving the page asks nothing any more. */
  release() {
    removeEventListener("beforeunload", this.#hold)
    return this.#autosave.flush()
  }

  #restorePrompt() {
    const draft = JSON.parse(this.#editor.querySelector("#draft")?.textContent || "null")
    if (draft?.prompt && !this.#prompt.value) this.#prompt.value = draft.prompt
  }

  #send = (url, body, { keepalive }) => session.send(url, { method: "PUT", body, keepalive, headers: { "Content-Type": "application/json" } })

  #touch = () => this.#autosave.touch()
  #leave = () => this.#autosave.leave()
  #again = () => this.#autosave.flush()
  #hide = () => document.hidden && this.#autosave.flush()

  #hold = event => {
    this.#autosave.leave()
    if (!this.#autosave.isSaved) event.preventDefault()
  }

  #listeners = [["pagehide", this.#leave], ["online", this.#again], ["beforeunload", this.#hold]]

  #say = ({ state, other }) => {
    this.dataset.state = state
    this.querySelector("output").value = this.dataset[state]
    if (state !== "forked") return
    const notice = this.#editor.querySelector("[data-forked-notice]")
    notice.hidden = false
    notice.querySelector("a").href = other.url
  }
}
