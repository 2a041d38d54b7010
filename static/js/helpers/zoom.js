// What a zoomed picture shows: { scale, x, y }: times the fitted size, and where its stage's origin has moved to, in px.

export const FIT = Object.freeze({ scale: 1, x: 0, y: 0 })

// Where a picture of this size lies when it fits its stage: { left, top, width, height } in px.
export function fitted(picture, stage) {
  const factor = Math.min(stage.width / picture.width, stage.height / picture.height)
  const [width, height] = [picture.width * factor, picture.height * factor]
  return { left: (stage.width - width) / 2, top: (stage.height - height) / 2, width, height }
}

// The same view scaled by a factor, the point (px from the stage's corner) staying under the pointer.
export function zoomAt(view, point, factor, limit) {
  const scale = Math.min(Math.max(view.scale * factor, 1), limit)
  const ratio = scale / view.scale
  return { scale, x: point.x - (point.x - view.x) * ratio, y: point.y - (point.y - view.y) * ratio }
}

export function pan(view, dx, dy) {
  return { ...view, x: view.x + dx, y: view.y + dy }
}

// Never lose the picture: larger than the stage it covers it, smaller it stands in the middle.
export function clampView(view, picture, stage) {
  const fit = fitted(picture, stage)
  return {
    scale: view.scale,
    x: along(view.x, fit.left * view.scale, fit.width * view.scale, stage.width),
    y: along(view.y, fit.top * view.scale, fit.height * view.scale, stage.height),
  }
}

function along(offset, start, length, room) {
  if (length <= room) return (room - length) / 2 - start
  return Math.min(0 - start, Math.max(room - length - start, offset))
}

// Picture pixels on screen pixels: 1 is 100 %.
export function magnification(view, picture, stage, pixelRatio) {
  return (fitted(picture, stage).width * view.scale * pixelRatio) / picture.width
}

// What a view looks at, on whatever stage and in whatever picture: { scale, u, v }: times the fitted size, and which point of
// the picture stands in the middle, as shares of its edges.
export function focusOf(view, picture, stage) {
  const fit = fitted(picture, stage)
  if (!fit.width || !fit.height) return { scale: view.scale, u: 0.5, v: 0.5 }
  return {
    scale: view.scale,
    u: ((stage.width / 2 - view.x) / view.scale - fit.left) / fit.width,
    v: ((stage.height / 2 - view.y) / view.scale - fit.top) / fit.height,
  }
}

export function viewOn({ scale, u, v }, picture, stage) {
  const fit = fitted(picture, stage)
  return {
    scale,
    x: stage.width / 2 - (fit.left + u * fit.width) * scale,
    y: stage.height / 2 - (fit.top + v * fit.height) * scale,
  }
}
