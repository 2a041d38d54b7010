// The visible part of a mask as screen pixels. Below 100 % each takes four samples, so that edges look smooth while the mask
// itself stays hard. No DOM.

import { overlap } from "./boxes.js"

/** The part of a screen box that shows any of the picture, or null. */
export function visible(view, box) {
  const { left, top, right, bottom } = view.toScreen({ left: 0, top: 0, right: view.picture.width, bottom: view.picture.height })
  const screen = { left: 0, top: 0, right: Math.round(view.stage.width * view.ratio), bottom: Math.round(view.stage.height * view.ratio) }
  return overlap(overlap(box, screen), { left: left + 1, top: top + 1, right: right - 1, bottom: bottom - 1 })
}

/** Five words of RGBA for nothing to fully painted, from a colour of 0 to 255 each. */
export function shades([red, green, blue]) {
  const words = new Uint8ClampedArray(5 * 4)
  for (let step = 0; step < 5; step += 1) words.set([red, green, blue, (255 * step) / 4], 4 * step)
  return new Uint32Array(words.buffer)
}

/** Draw a screen box of the mask into `out`, a Uint32Array with one word for each of its pixels. */
export function draw(surface, view, box, colours, out) {
  const span = box.right - box.left
  const near = view.level >= 1
  const offsets = near ? [0.5, 0.5] : [0.25, 0.75]
  const columns = offsets.map(offset => indexes(box.left + offset, span, view.x * view.ratio, view.level, surface.width))
  let drawn = -1
  for (let y = box.top, start = 0; y < box.bottom; y += 1, start += span) {
    const rows = offsets.map(offset => indexAt(y + offset, view.y * view.ratio, view.level, surface.height) * surface.width)
    if (near && rows[0] === drawn) out.copyWithin(start, start - span, start)
    else if (near) drawNear(surface.pixels, rows[0], columns[0], colours, out, start)
    else drawFar(surface.pixels, rows, columns, colours, out, start)
    drawn = rows[0]
  }
}

function drawNear(pixels, row, columns, colours, out, start) {
  for (let at = 0; at < columns.length; at += 1) out[start + at] = colours[pixels[row + columns[at]] << 2]
}

function drawFar(pixels, [upper, lower], [lefts, rights], colours, out, start) {
  for (let at = 0; at < lefts.length; at += 1) {
    const [left, right] = [lefts[at], rights[at]]
    out[start + at] = colours[pixels[upper + left] + pixels[upper + right] + pixels[lower + left] + pixels[lower + right]]
  }
}

function indexes(start, span, origin, level, limit) {
  return Int32Array.from({ length: span }, (_, at) => indexAt(start + at, origin, level, limit))
}

function indexAt(screen, origin, level, limit) {
  return Math.max(0, Math.min(limit - 1, Math.floor((screen - origin) / level)))
}
