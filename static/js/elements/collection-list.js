// The list of collections: a picture that is dragged onto one is added to it, and with it all others that are chosen.

export class CollectionList extends HTMLElement {
  connectedCallback() {
    for (const type of ["dragover", "dragleave", "drop"]) this.addEventListener(type, this.#drag)
  }

  disconnectedCallback() {
    for (const type of ["dragover", "dragleave", "drop"]) this.removeEventListener(type, this.#drag)
  }

  #drag = event => {
    const link = event.target.closest("[data-collection]")
    if (!link || !event.dataTransfer.types.includes("text/uri-list")) return
    link.toggleAttribute("data-over", event.type === "dragover")
    if (event.type === "dragleave") return
    event.preventDefault()
    event.stopPropagation()
    event.dataTransfer.dropEffect = "copy"
    if (event.type === "drop") this.#add(link.dataset.collection, pictureIn(event.dataTransfer.getData("text/uri-list")))
  }

  #add(collection, id) {
    if (!id) return
    const selection = document.querySelector("picture-selection")
    const ids = selection?.has(id) && selection.ids.length ? selection.ids : [id]
    window.htmx.ajax("POST", this.dataset.url, { source: this, swap: "none", values: { collection, picture: ids.join(",") } })
  }
}

function pictureIn(links) {
  return /\/(?:pictures|media)\/(\d+)\//.exec(links)?.[1] ?? null
}
