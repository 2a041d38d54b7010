// The line of a shape that is still being drawn, as an SVG path on the stage. No DOM.

/** The path of a draft {kind, points, hover} seen through a view; "" for none. */
export function pathOf(draft, view) {
  if (!draft) return ""
  const points = [...draft.points, ...(draft.hover ? [draft.hover] : [])].map(point => view.toStage(point))
  const [first, last] = [points[0], points.at(-1)]
  if (draft.kind === "rectangle") return `M${at(first)}H${fixed(last.x)}V${fixed(last.y)}H${fixed(first.x)}Z`
  if (draft.kind === "ellipse") return ellipsePath(first, last)
  return `M${points.map(at).join("L")}Z`
}

function ellipsePath(first, last) {
  const [x, y] = [(first.x + last.x) / 2, (first.y + last.y) / 2]
  const [rx, ry] = [Math.abs(first.x - last.x) / 2, Math.abs(first.y - last.y) / 2]
  const arc = to => `A${fixed(rx)} ${fixed(ry)} 0 1 0 ${fixed(to)} ${fixed(y)}`
  return rx && ry ? `M${at({ x: x - rx, y })}${arc(x + rx)}${arc(x - rx)}Z` : ""
}

function at({ x, y }) {
  return `${fixed(x)} ${fixed(y)}`
}

function fixed(value) {
  return value.toFixed(1)
}
