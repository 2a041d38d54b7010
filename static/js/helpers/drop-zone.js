// Where files are dropped and pasted: the whole page. Its zone is marked [data-over] while files are held over the page.

import { filesMeant } from "./clipboard.js"

const TYPES = ["dragover", "dragleave", "drop"]

export class DropZone {
  #onFiles
  #onLinks
  #element

  /** `onFiles(files)` hears what comes; `onLinks(text)`, where given, the addresses of the studio's own pictures. */
  constructor({ onFiles, onLinks = null }) {
    this.#onFiles = onFiles
    this.#onLinks = onLinks
  }

  /** `element` shows where files will go; they may be let go anywhere. */
  watch(element) {
    this.#element = element
    for (const type of TYPES) document.addEventListener(type, this.#drag)
    document.addEventListener("paste", this.#paste)
  }

  unwatch() {
    for (const type of TYPES) document.removeEventListener(type, this.#drag)
    document.removeEventListener("paste", this.#paste)
  }

  // An answer to a question comes before anything else, and what a list inside the page moves about is its own.
  #drag = event => {
    const { types, files } = event.dataTransfer
    const isOurs = types.includes("Files") || (this.#onLinks && types.includes("text/uri-list"))
    if (event.defaultPrevented || !isOurs || document.querySelector("dialog[open]")) return
    const isInside = event.type === "dragleave" && event.relatedTarget !== null
    this.#element.toggleAttribute("data-over", event.type === "dragover" || isInside)
    if (event.type === "dragleave") return
    event.preventDefault()
    if (event.type !== "drop") return
    // A picture dragged from the studio's own pages has an address, and perhaps its thumbnail as a file.
    const links = event.dataTransfer.getData("text/uri-list")
    if (this.#onLinks && /\/(pictures|media)\/\d+\//.test(links)) this.#onLinks(links)
    else if (files.length) this.#onFiles([...files])
  }

  #paste = event => {
    const files = filesMeant(event.clipboardData)
    if (event.defaultPrevented || !files.length || document.querySelector("dialog[open]")) return
    event.preventDefault()
    this.#onFiles(files)
  }
}

/** What is dropped where nothing takes it does nothing: a browser would leave the page for it. Fields still take text. */
export function stayOnDrop() {
  for (const type of ["dragover", "drop"]) addEventListener(type, refuse)
}

function refuse(event) {
  const isFile = event.dataTransfer?.types.includes("Files")
  const taking = isFile ? "input[type=file]" : "input, textarea, [contenteditable]"
  if (event.defaultPrevented || !event.dataTransfer || event.target.closest?.(taking)) return
  event.preventDefault()
  event.dataTransfer.dropEffect = "none"
}
