// Where files may be dropped and pasted: marks its element [data-over] while files are held over it.

export class DropZone {
  constructor({ onFiles, onLinks }) {
    this.onFiles = onFiles
    this.onLinks = onLinks
  }

  watch(element) {
    this.element = element
    for (const type of ["dragover", "dragleave", "drop"]) element.addEventListener(type, this.#drag)
    document.addEventListener("paste", this.#paste)
  }

  unwatch() {
    for (const type of ["dragover", "dragleave", "drop"]) this.element.removeEventListener(type, this.#drag)
    document.removeEventListener("paste", this.#paste)
  }

  #drag = event => {
    const { types, files } = event.dataTransfer
    if (!types.includes("Files") && !types.includes("text/uri-list")) return
    const isInside = event.type === "dragleave" && this.element.contains(event.relatedTarget)
    this.element.toggleAttribute("data-over", event.type === "dragover" || isInside)
    if (event.type === "dragleave") return
    event.preventDefault()
    if (event.type !== "drop") return
    // A picture dragged from the studio's own pages has an address, and perhaps its thumbnail as a file.
    const links = event.dataTransfer.getData("text/uri-list")
    if (/\/pictures\/\d+\//.test(links)) this.onLinks(links)
    else if (files.length) this.onFiles([...files])
  }

  #paste = event => {
    const files = [...(event.clipboardData?.files ?? [])]
    // Text from an office program brings a picture of itself along; the text is what is meant.
    if (!files.length || event.clipboardData.types.includes("text/plain")) return
    event.preventDefault()
    this.onFiles(files)
  }
}
