// Masks from elsewhere: a file that is chosen, dropped or pasted, or one that was saved. Their own alpha counts; without one, the person says what changes.
// A file that the browser cannot read, such as a HEIC, is converted by the studio.

import { operation } from "../editor/operations.js"
import { hasAlpha, isAlike, readMask } from "../editor/pixels.js"
import { pack } from "../editor/runs.js"
import { answerOf } from "../helpers/dialog.js"
import { DropZone } from "../helpers/drop-zone.js"
import { interpolate } from "../helpers/interpolate.js"
import { session } from "../helpers/session.js"

const MOST_PIXELS = 40e6

export class MaskSource extends HTMLElement {
  #editor
  #zone = new DropZone({ onFiles: ([file]) => this.#load(async () => file) })

  connectedCallback() {
    this.#editor = this.closest("mask-editor")
    this.#zone.watch(this.#editor)
    this.addEventListener("change", this.#chosen)
    this.addEventListener("click", this.#clicked)
  }

  disconnectedCallback() {
    this.#zone.unwatch()
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
    if (url) this.#load(async () => (await session.send(url)).blob())
  }

  async #load(read) {
    this.#say("")
    let image
    try {
      image = await this.#decoded(await read())
    } catch (error) {
      return this.#say(error.sentence || this.dataset.unreadable)
    }
    const { surface } = this.#editor.mask
    if (!isAlike(image, surface)) return this.#say(interpolate(this.dataset.unlike, image))
    const changes = hasAlpha(image.rgba) ? "transparent" : await this.#askWhatChanges()
    if (!changes) return
    this.#editor.changed(this.#editor.mask.add(operation("bitmap", { pixels: pack(readMask(image, surface, changes)) })))
    this.#menu.hidePopover()
  }

  get #menu() {
    return this.querySelector("[popover]")
  }

  async #decoded(blob) {
    try {
      return await decoded(blob)
    } catch {
      return decoded(await this.#converted(blob))
    }
  }

  /** The file as a picture that browsers read; rejects with the studio's sentence. */
  async #converted(file) {
    const body = new FormData()
    body.append("file", file, file.name || "mask")
    const answer = await session.send(this.dataset.convert, { method: "POST", body })
    if (answer.ok) return answer.blob()
    const { error } = await answer.json()
    throw Object.assign(new Error("refused"), { sentence: error })
  }

  /** `white`, `black`, or "" where the person answered neither. */
  #askWhatChanges() {
    return answerOf(this.querySelector("dialog"))
  }

  #say(words) {
    const source = document.querySelector(`[popovertarget="${this.#menu.id}"]`)
    if (words && !this.#menu.matches(":popover-open")) this.#menu.showPopover({ source })
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
