// HTML fragments from the server, and how a tile takes over a newer one: what has not changed is not touched, so that focus and
// open details stay.

const PARTS = ["status", "actions", "caption", "fallback", "progress"]

export function parseFragment(html) {
  const template = document.createElement("template")
  template.innerHTML = html.trim()
  return template.content
}

/** Merge a newer tile into the one on the page; false when it is not newer. */
export function mergeTile(tile, fresh) {
  if (Number(fresh.dataset.version) <= Number(tile.dataset.version)) return false
  const focused = tile.contains(document.activeElement) && document.activeElement !== tile
  for (const name of ["data-state", "data-version"]) tile.setAttribute(name, fresh.getAttribute(name))
  for (const name of ["data-late", "data-needs-decision"]) tile.toggleAttribute(name, fresh.hasAttribute(name))
  for (const name of PARTS) swap(tile, part(tile, name), part(fresh, name))
  swapPicture(tile, part(tile, "picture"), part(fresh, "picture"))
  if (focused && !tile.contains(document.activeElement)) (tile.querySelector(".tile-actions :is(button, a)") ?? tile).focus()
  return true
}

function part(tile, name) {
  return tile.querySelector(`[data-part="${name}"]`)
}

function swap(tile, old, fresh) {
  if (old && fresh) {
    if (!old.isEqualNode(fresh)) old.replaceWith(fresh)
  } else if (fresh) {
    tile.querySelector(".tile-frame").append(fresh)
  } else {
    old?.remove()
  }
  if (fresh?.isConnected) window.htmx?.process(fresh)
}

async function swapPicture(tile, old, fresh) {
  const image = fresh.querySelector("img")
  if (image?.getAttribute("src") === old.querySelector("img")?.getAttribute("src")) return
  const version = Number(tile.dataset.version)
  if (image) {
    image.classList.add("is-new")
    await decoded(image)
  }
  const place = part(tile, "picture")
  if (version < Number(place.dataset.shown ?? 0)) return // what came later was decoded sooner
  place.dataset.shown = version
  place.replaceChildren(...fresh.childNodes)
}

// An image outside the page is not loaded by every browser, so a twin is.
async function decoded(image) {
  const twin = new Image()
  for (const name of ["sizes", "srcset", "src"]) if (image.hasAttribute(name)) twin.setAttribute(name, image.getAttribute(name))
  await twin.decode().catch(() => {})
}
