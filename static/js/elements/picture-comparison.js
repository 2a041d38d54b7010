import { differingShare, sameShape } from "../helpers/difference.js"
import { isTaken, keysOf } from "../helpers/keyboard.js"

const VIEWS = ["slider", "side", "difference"]
const ZOOM_KEYS = { "+": "in", "=": "in", "-": "out", 0: "fit", 1: "actual" }
const STEP = 5 // percent of the view, by which the arrows move the line
const MEASURED = 512 // px: the longest edge at which two pictures are measured against each other
const GREY = "rgb(128 128 128)" // the ground under what is transparent

// Two to four pictures at one zoom: beside each other, or two of them over each other with a line between, or as their difference.
export class PictureComparison extends HTMLElement {
  #pair = ["A", "B"]
  #focus = { scale: 1, u: 0.5, v: 0.5 }

  connectedCallback() {
    if (!this.#slider) return // one picture alone
    for (const [type, handler] of this.#handlers) this.addEventListener(type, handler)
    if (this.hasAttribute("data-shortcuts")) document.addEventListener("keydown", this.#pressed)
    this.#show()
  }

  disconnectedCallback() {
    for (const [type, handler] of this.#handlers) this.removeEventListener(type, handler)
    document.removeEventListener("keydown", this.#pressed)
  }

  #changed = ({ target }) => {
    if (target.name === "first") this.#choose([target.value, this.#pair[1]])
    if (target.name === "second") this.#choose([this.#pair[0], target.value])
    if (target.name === "view") this.#show()
  }

  #slid = ({ target }) => {
    if (target.name === "strength") this.style.setProperty("--strength", target.value)
  }

  #clicked = ({ target }) => {
    if (target.closest("[data-action=swap]")) this.#choose([...this.#pair].reverse())
  }

  #zoomed = ({ target }) => {
    this.#focus = target.focus
    for (const view of this.querySelectorAll("zoom-view")) if (view !== target) view.focus = this.#focus
  }

  #handlers = [["change", this.#changed], ["input", this.#slid], ["click", this.#clicked], ["zoom:change", this.#zoomed]]

  #pressed = (event) => {
    if (isTaken(event) || event.ctrlKey || event.metaKey || event.altKey || document.querySelector(":popover-open, dialog[open]")) return
    const done = keysOf(event).some((key) => this.#do(key))
    if (done) event.preventDefault()
  }

  #do(key) {
    if (key in ZOOM_KEYS) this.#stage.act(ZOOM_KEYS[key])
    else if (key === "v") this.#radio("view", VIEWS[(VIEWS.indexOf(this.#view) + 1) % VIEWS.length]).click()
    else if (key === "x") this.#choose([...this.#pair].reverse())
    else if (key === "ArrowLeft") this.#step(-1)
    else if (key === "ArrowRight") this.#step(1)
    else return false
    return true
  }

  // Through the pictures over the first one; of two, there is only the line to be moved.
  #step(by) {
    const [first, second] = this.#pair
    const others = this.#letters.filter((letter) => letter !== first)
    if (others.length > 1) this.#choose([first, others.at((others.indexOf(second) + by) % others.length)])
    else this.#slider.moveBy(by * STEP)
  }

  // A picture over itself shows nothing: whoever chooses that exchanges them.
  #choose([first, second]) {
    this.#pair = first === second ? [...this.#pair].reverse() : [first, second]
    this.#show()
  }

  #show() {
    const [first, second] = this.#pair
    this.dataset.view = this.#view
    for (const layer of this.#slider.querySelectorAll(".compare-layer")) {
      layer.hidden = !this.#pair.includes(layer.dataset.letter)
      layer.classList.toggle("compare-after", layer.dataset.letter === second)
    }
    for (const [name, letter] of [["first", first], ["second", second]]) {
      const radio = this.#radio(name, letter)
      if (radio) radio.checked = true
    }
    for (const view of this.querySelectorAll("zoom-view")) view.focus = this.#focus // one that was hidden had no room
    const labels = this.#slider.querySelectorAll(".compare-label")
    labels.forEach((label, at) => { label.textContent = this.#pair[at] })
    const address = new URL(location)
    address.searchParams.set("view", this.#view)
    history.replaceState(history.state, "", address)
    if (this.#view === "difference") this.#measure()
  }

  async #measure() {
    const pair = this.#pair
    const images = pair.map((letter) => this.#slider.querySelector(`.compare-layer[data-letter="${letter}"] img`))
    const output = this.querySelector(".comparison-share")
    try {
      await Promise.all(images.map((image) => image.decode()))
    } catch {
      output.value = ""
      return // a file is missing, which its stage says
    }
    if (pair !== this.#pair) return
    const share = differingShare(...pixels(images))
    const percent = new Intl.NumberFormat(document.documentElement.lang, { maximumSignificantDigits: 2 })
    const words = share ? output.dataset.words.replace("%(share)s", percent.format(100 * share)) : output.dataset.same
    output.value = sameShape(...images.map(edges)) ? words : `${words}. ${output.dataset.shapes}`
  }

  get #view() { return this.querySelector("[name=view]:checked")?.value ?? "side" }
  get #slider() { return this.querySelector("compare-slider") }
  get #stage() { return this.querySelector(this.#view === "side" ? ".comparison-pictures zoom-view" : "compare-slider zoom-view") }
  get #letters() { return [...this.querySelectorAll(".comparison-picture")].map((one) => one.dataset.letter) }
  #radio(name, value) { return this.querySelector(`[name="${name}"][value="${value}"]`) }
}

function edges(image) {
  return { width: Number(image.getAttribute("width")), height: Number(image.getAttribute("height")) }
}

// Both in the shape of the first one, small enough to be measured at once.
function pixels(images) {
  const { width, height } = edges(images[0])
  const factor = Math.min(1, MEASURED / Math.max(width, height))
  const box = { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) }
  return images.map((image) => fittedPixels(image, box))
}

function fittedPixels(image, box) {
  const canvas = Object.assign(document.createElement("canvas"), box)
  const context = canvas.getContext("2d", { willReadFrequently: true })
  const own = edges(image)
  const factor = Math.min(box.width / own.width, box.height / own.height)
  const [width, height] = [own.width * factor, own.height * factor]
  context.fillStyle = GREY
  context.fillRect(0, 0, box.width, box.height)
  context.drawImage(image, (box.width - width) / 2, (box.height - height) / 2, width, height)
  return context.getImageData(0, 0, box.width, box.height).data
}
