// The display canvas: no larger than the stage, holding the visible part of the mask; only boxes that changed are drawn again.

import { draw, shades, visible } from "./overlay.js"

export class Display {
  #context
  #shades = shades([255, 90, 20])

  constructor(canvas) {
    this.canvas = canvas
    this.#context = canvas.getContext("2d")
  }

  /** The overlay's colour, as any CSS colour. */
  set colour(text) {
    const probe = new OffscreenCanvas(1, 1).getContext("2d")
    probe.fillStyle = text
    probe.fillRect(0, 0, 1, 1)
    this.#shades = shades(probe.getImageData(0, 0, 1, 1).data)
  }

  /** As large as the stage {width, height} in CSS pixels. */
  resize({ width, height }, ratio) {
    this.canvas.width = Math.round(width * ratio)
    this.canvas.height = Math.round(height * ratio)
  }

  /** Draw a box of the picture, or with `null` everything. */
  draw(surface, view, dirty) {
    const { width, height } = this.canvas
    if (!dirty) this.#context.clearRect(0, 0, width, height)
    const box = visible(view, dirty ? view.toScreen(dirty) : { left: 0, top: 0, right: width, bottom: height })
    if (!box) return
    const image = new ImageData(box.right - box.left, box.bottom - box.top)
    draw(surface, view, box, this.#shades, new Uint32Array(image.data.buffer))
    this.#context.putImageData(image, box.left, box.top)
  }
}
