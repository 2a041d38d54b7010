// Masks from elsewhere: a file, or one that was saved. Their own alpha counts; without one, the person says what changes.

import { operation } from "../editor/operations.js"
import { hasAlpha, isAlike, readMask } from "../editor/pixels.js"
import { pack } from "../editor/runs.js"
import { worded } from "../helpers/wish.js"

const MOST_PIXELS = 40e6

export class MaskSource extends HTMLElement {
  connectedCallback() {
    this.editor = this.closest("mask-editor")
    this.addEventListener("change", this.#chosen)
    this.addEventListener("click", this.#clicked)
  }

  disconnectedCallback() {
    this.removeEventListener("change", this.#chosen)
    this.removeEventListener("click", this.#clicked)
  }

  #chosen = ({ target }) => {
    if (target.type !== "file" || !target.files.length) return
    this.#load(async () => target.files[0])
    target.value = ""
  }

  #clicked = ({ target }) => {
    const { url } = target.closest("[data-url]")?.dataset ?? {}
    if (url) this.#load(async () => (await fetch(url)).blob())
  }

  async #load(read) {
    this.#say("")
    let image
    try {
      image = await decoded(await read())
    } catch {
      return this.#say(this.dataset.unreadable)
    }
    const { surface } = this.editor.mask
    if (!isAlike(image, surface)) return this.#say(worded(this.dataset.unlike, image))
    const changes = hasAlpha(image.rgba) ? "transparent" : await this.#asked()
    if (!changes) return
    this.editor.changed(this.editor.mask.add(operation("bitmap", { pixels: pack(readMask(image, surface, changes)) })))
    this.querySelector("[popover]").hidePopover()
  }

  /** `white`, `black`, or "" when the person thought better of it. */
  #asked() {
    const dialog = this.querySelector("dialog")
    dialog.returnValue = ""
    dialog.showModal()
    return new Promise(resolve => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }))
  }

  #say(words) {
    this.querySelector("[role='alert']").textContent = words
  }
}

/** The RGBA bytes of a picture file, as they are stored. */
async function decoded(blob) {
  const bitmap = await createImageBitmap(blob, { premultiplyAlpha: "none", colorSpaceConversion: "none" })
  const { width, height } = bitmap
  if (width * height > MOST_PIXELS) throw new RangeError("too many pixels")
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })
  context.drawImage(bitmap, 0, 0)
  bitmap.close()
  return { width, height, rgba: context.getImageData(0, 0, width, height).data }
}
