// Wherever a picture stands small, right click and drag take the original under its own name: <img data-original data-name>.
// The thumbnail is only exchanged once somebody reaches for the picture, so that nothing large is loaded for looking.

const THUMBNAIL = /\/\d+\.webp$/
const SECONDARY = 2 // the button of a pointer that opens the menu

export function offerOriginals(root = document) {
  root.addEventListener("pointerdown", reach, { capture: true, passive: true })
  root.addEventListener("contextmenu", event => takeOriginal(pictureOf(event.target)), { capture: true, passive: true })
  root.addEventListener("dragstart", carry)
}

// Before the menu opens: some browsers ask the picture for its address when the button goes down.
function reach({ target, button, pointerType }) {
  if (pointerType !== "touch" && button === SECONDARY) takeOriginal(pictureOf(target))
}

function carry(event) {
  const picture = pictureOf(event.target) ?? pictureOf(event.target.querySelector?.("img[data-original]"))
  const isWhole = event.target === picture || event.target.localName === "a"
  if (!picture || !isWhole || event.defaultPrevented) return
  const address = new URL(picture.dataset.original, location.href).href
  const name = picture.dataset.name || address.split("/").pop()
  takeOriginal(picture)
  // What the browser has put there is the thumbnail, or the link around it.
  event.dataTransfer.clearData()
  event.dataTransfer.setData("DownloadURL", `${mediaType(name)}:${name}:${address}`)
  event.dataTransfer.setData("text/uri-list", address)
  event.dataTransfer.setData("text/plain", address)
  event.dataTransfer.effectAllowed = "copyLink"
}

function pictureOf(target) {
  return target?.closest?.("img[data-original]") ?? null
}

/** Show the original instead of a thumbnail; another view of the picture, such as a difference, stays. */
function takeOriginal(picture) {
  if (!picture || !THUMBNAIL.test(picture.currentSrc || picture.src)) return
  for (const name of ["srcset", "sizes"]) picture.removeAttribute(name)
  picture.src = picture.dataset.original
}

function mediaType(name) {
  const ending = name.split(".").pop()
  return ["png", "jpeg", "webp"].includes(ending) ? `image/${ending}` : "application/octet-stream"
}
