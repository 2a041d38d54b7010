// The reference pictures of a request, as a list of {id, thumbnail}: in order, none twice, at most so many. No DOM.

/** `list` with `more` behind it, and whether something had to stay out because there is no room. */
export function addPictures(list, more, most) {
  const fresh = more.filter(({ id }, at) => ![...list, ...more.slice(0, at)].some(other => other.id === id))
  const room = Math.max(0, most - list.length)
  return { list: [...list, ...fresh.slice(0, room)], isFull: fresh.length > room }
}

/** `list` with the item at `from` put to `to`, which is kept inside the list. */
export function movePicture(list, from, to) {
  const rest = list.filter((_item, at) => at !== from)
  rest.splice(Math.min(Math.max(to, 0), rest.length), 0, list[from])
  return rest
}

/** Numbers of pictures in the addresses of their pages and originals, one address a line. */
export function pictureIdsIn(addresses) {
  return addresses.split("\n").map(line => /\/(?:pictures|media)\/([1-9]\d{0,17})\//.exec(line)?.[1]).filter(Boolean)
}

/** Pictures by their numbers in a text, each with its input tokens where it says them: "12:1024 13". */
export function parsePictures(text) {
  return text.split(/\s+/).filter(Boolean).map(name => {
    const [id, tokens] = name.split(":")
    return { id, thumbnail: `/media/${id}/512.webp`, tokens }
  })
}

/** What a form holds, as [{id, thumbnail, tokens}]. */
export function referencesIn(form) {
  return [...form.querySelectorAll(".reference")].map(item => ({
    id: item.dataset.id,
    thumbnail: item.querySelector("img").getAttribute("src"),
    tokens: item.querySelector("input").dataset.tokens,
  }))
}
