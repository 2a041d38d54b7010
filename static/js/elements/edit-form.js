// The edit's form: the price on its button, and on submit the mask as a PNG in the file field. Where only a mask is wanted
// there is no price, nothing to choose, and the prompt may stay empty.

import { encodeInWorker } from "../editor/mask-file.js"
import { questionOf } from "../editor/painted-share.js"
import { answerOf } from "../helpers/dialog.js"
import { readForm, showCostWarning } from "../helpers/form.js"
import { interpolate } from "../helpers/interpolate.js"
import { isComposing } from "../helpers/keyboard.js"
import { formatEstimate, priceOf } from "../helpers/money.js"
import { session } from "../helpers/session.js"
import { showQualityPrices } from "../helpers/settings.js"

export class EditForm extends HTMLElement {
  #rules
  #editor
  #isReady = false
  #isBusy = false

  connectedCallback() {
    this.#rules = JSON.parse(document.querySelector("#rules").textContent)
    this.#editor = this.closest("mask-editor")
    this.form.addEventListener("submit", this.#submit)
    this.addEventListener("input", this.#show)
    this.addEventListener("framing:change", this.#show)
    this.addEventListener("keydown", this.#key)
    this.#editor.addEventListener("mask:change", this.#clearError)
    addEventListener("pageshow", this.#unlock)
    this.#show()
  }

  disconnectedCallback() {
    this.form.removeEventListener("submit", this.#submit)
    this.removeEventListener("input", this.#show)
    this.removeEventListener("framing:change", this.#show)
    this.removeEventListener("keydown", this.#key)
    this.#editor.removeEventListener("mask:change", this.#clearError)
    removeEventListener("pageshow", this.#unlock)
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

  #clearError = () => this.#say("")

  #show = () => {
    this.#clearError()
    if (!this.choice) return
    const request = { ...readForm(this.form), ...this.choice.chosen }
    const priceWith = changes => priceOf(this.#rules, { ...request, ...changes })
    const priced = changes => interpolate(this.button.dataset.about, { price: formatEstimate(priceWith(changes), Number(request.n)) })
    this.button.textContent = `${this.button.dataset.words} · ${priced({})}`
    this.choice.show(priced)
    showCostWarning(this.querySelector("[data-note='expensive']"), priceWith({}), Number(request.n))
    showQualityPrices(this, priceWith)
  }

  #key = event => {
    const isRun = event.ctrlKey || event.metaKey
    // Money is only spent by the button or Ctrl+Enter.
    if (event.key !== "Enter" || isComposing(event) || !(isRun || event.target.matches("input:not([type=file])"))) return
    event.preventDefault()
    if (isRun) this.form.requestSubmit()
  }

  #submit = async event => {
    if (this.#isReady) return
    event.preventDefault()
    if (this.#isBusy) return
    this.#isBusy = true
    if ((await this.#isConfirmed()) && (await this.#isNoDuplicate())) await this.#send()
    this.#isBusy = false
  }

  async #send() {
    this.button.disabled = true
    try {
      await this.#attach()
      await this.#editor.querySelector("mask-draft").release()
      await session.renew() // or the form would lead to the sign-in page, or be refused for its old token
      this.#isReady = true
      this.form.submit()
    } catch {
      this.#say("failed")
      this.button.disabled = false
    }
  }

  // Nothing is spent on a mask that changes nothing, and one that changes everything or next to nothing is asked about.
  async #isConfirmed() {
    this.#editor.settle()
    this.#say("")
    const { count, width, height } = this.#editor.mask.surface
    if (this.dataset.wordless && !this.form.elements.prompt.value.trim()) return this.#refuse("wordless", this.form.elements.prompt)
    if (!count) return this.#refuse("unpainted", this.#editor.stage.canvas)
    if (!(await this.#isSettled())) return this.#refuse("moved", this.button)
    const question = questionOf(count, width * height, Number(this.dataset.tinyShare))
    const isConfirmed = !question || (await this.#confirm(question))
    this.form.elements.is_confirmed.disabled = !(question && isConfirmed)
    return isConfirmed
  }

  // An edit that was paid for before, to the pixel, is asked about; where that cannot be looked up, it is sent.
  async #isNoDuplicate() {
    if (!this.dataset.duplicates) return true
    const found = await this.#findDuplicate().catch(() => "")
    this.querySelector("[data-duplicate]")?.replaceChildren(document.createRange().createContextualFragment(found))
    return !found || this.#confirm("duplicate")
  }

  async #findDuplicate() {
    const body = new FormData(this.form)
    body.set("mask", await this.exportMask(), "mask.png")
    const answer = await session.send(this.dataset.duplicates, { method: "POST", body })
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

  async #confirm(question) {
    return (await answerOf(this.querySelector(`[data-question="${question}"]`))) === "yes"
  }

  async #attach() {
    const blob = await this.exportMask()
    const files = new DataTransfer()
    files.items.add(new File([blob], "mask.png", { type: "image/png" }))
    this.form.elements.mask.files = files.files
  }

  /** The mask as a PNG file. */
  exportMask() {
    return encodeInWorker(this.#editor.mask.surface, this.dataset.worker)
  }

  #say(name) {
    this.querySelector("[data-refusal]").textContent = name && this.dataset[name]
  }

  #unlock = () => {
    this.#isReady = false
    this.button.disabled = false
  }
}
