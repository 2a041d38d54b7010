// The wish: its price on the button, and on submit the mask as a PNG in the form's file field. Where only a mask is wanted
// there is no price, nothing to choose and no word that must be written.

import { questionOf } from "../editor/words.js"
import { about, priceOf } from "../helpers/money.js"
import { read, warn, worded } from "../helpers/wish.js"

export class EditForm extends HTMLElement {
  #isReady = false
  #isBusy = false

  connectedCallback() {
    this.rules = JSON.parse(document.querySelector("#rules").textContent)
    this.editor = this.closest("mask-editor")
    this.form.addEventListener("submit", this.#submit)
    this.addEventListener("input", this.#show)
    this.addEventListener("framing:change", this.#show)
    this.addEventListener("keydown", this.#key)
    this.editor.addEventListener("mask:change", this.#calm)
    addEventListener("pageshow", this.#back)
    this.#show()
  }

  disconnectedCallback() {
    this.form.removeEventListener("submit", this.#submit)
    this.removeEventListener("input", this.#show)
    this.removeEventListener("framing:change", this.#show)
    this.removeEventListener("keydown", this.#key)
    this.editor.removeEventListener("mask:change", this.#calm)
    removeEventListener("pageshow", this.#back)
  }

  get form() {
    return this.querySelector("form")
  }

  get choice() {
    return this.querySelector("framing-choice")
  }

  get button() {
    return this.querySelector(".edit-foot .button-primary")
  }

  // What was refused is being mended.
  #calm = () => this.#say("")

  #show = () => {
    this.#calm()
    if (!this.choice) return
    const wish = { ...read(this.form), ...this.choice.chosen }
    const price = (changes, count = 1) => about(priceOf(this.rules, { ...wish, ...changes }), count)
    const priced = changes => worded(this.button.dataset.about, { price: price(changes, Number(wish.n)) })
    this.button.textContent = `${this.button.dataset.words} · ${priced({})}`
    this.choice.show(priced)
    warn(this.querySelector("[data-note='dear']"), priceOf(this.rules, wish), Number(wish.n))
    for (const place of this.querySelectorAll("[data-quality-price]")) place.textContent = price({ quality: place.dataset.qualityPrice })
  }

  #key = event => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    this.form.requestSubmit()
  }

  #submit = async event => {
    if (this.#isReady) return
    event.preventDefault()
    if (this.#isBusy) return
    this.#isBusy = true
    if ((await this.#isMeant()) && (await this.#isNew())) await this.#send()
    this.#isBusy = false
  }

  async #send() {
    this.button.disabled = true
    try {
      await this.#attach()
      await this.editor.querySelector("mask-draft").release()
      this.#isReady = true
      this.form.submit()
    } catch {
      this.#say("failed")
      this.button.disabled = false
    }
  }

  // Nothing is spent on a mask that changes nothing, and one that changes everything or next to nothing is asked about.
  async #isMeant() {
    this.#say("")
    const { count, width, height } = this.editor.mask.surface
    if (this.dataset.wordless && !this.form.elements.prompt.value.trim()) return this.#refuse("wordless", this.form.elements.prompt)
    if (!count) return this.#refuse("unpainted", this.editor.stage.canvas)
    if (!(await this.#isSettled())) return this.#refuse("moved", this.button)
    const question = questionOf(count, width * height, Number(this.dataset.tinyShare))
    const isMeant = !question || (await this.#asked(question))
    this.form.elements.is_meant.disabled = !(question && isMeant)
    return isMeant
  }

  // An edit that was paid for before, to the pixel, is asked about; where that cannot be looked up, it is drawn.
  async #isNew() {
    if (!this.dataset.repeats) return true
    const told = await this.#repeat().catch(() => "")
    this.querySelector("[data-repeat]")?.replaceChildren(document.createRange().createContextualFragment(told))
    return !told || this.#asked("repeat")
  }

  async #repeat() {
    const body = new FormData(this.form)
    body.set("mask", await this.exported(), "mask.png")
    const answer = await fetch(this.dataset.repeats, { method: "POST", body })
    return answer.ok ? (await answer.text()).trim() : ""
  }

  // The price on the button is that of what is painted now.
  async #isSettled() {
    if (!this.choice) return true
    const { size } = this.choice.chosen
    await this.choice.settle()
    return this.choice.chosen.size === size
  }

  #refuse(name, place) {
    this.#say(name)
    place.focus()
    return false
  }

  #asked(question) {
    const dialog = this.querySelector(`[data-question="${question}"]`)
    dialog.returnValue = ""
    dialog.showModal()
    return new Promise(resolve => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }))
  }

  async #attach() {
    const blob = await this.exported()
    const files = new DataTransfer()
    files.items.add(new File([blob], "mask.png", { type: "image/png" }))
    this.form.elements.mask.files = files.files
  }

  /** The mask as a PNG, encoded beside the page. */
  exported() {
    const { pixels, width, height } = this.editor.mask.surface
    const worker = new Worker(this.dataset.worker, { type: "module" })
    return new Promise((resolve, reject) => {
      worker.addEventListener("message", ({ data }) => (data.blob ? resolve(data.blob) : reject(new Error(data.error))))
      worker.addEventListener("error", reject)
      worker.postMessage({ pixels, width, height })
    }).finally(() => worker.terminate())
  }

  #say(name) {
    this.querySelector("[data-refusal]").textContent = name && this.dataset[name]
  }

  #back = () => {
    this.#isReady = false
    this.button.disabled = false
  }
}
