// The pictures that go along with a wish, as a list of {id, thumbnail}: in order, none twice, at most so many. No DOM.

const KEPT = "easel:references"

/** `list` with `more` behind it, and whether something had to stay out because there is no room. */
export function added(list, more, most) {
  const fresh = more.filter(({ id }, at) => ![...list, ...more.slice(0, at)].some(other => other.id === id))
  const room = Math.max(0, most - list.length)
  return { list: [...list, ...fresh.slice(0, room)], isFull: fresh.length > room }
}

/** `list` with the item at `from` put to `to`, which is kept inside the list. */
export function moved(list, from, to) {
  const rest = list.filter((_item, at) => at !== from)
  rest.splice(Math.min(Math.max(to, 0), rest.length), 0, list[from])
  return rest
}

/** Numbers of pictures in the addresses of picture pages, one address a line. */
export function linked(addresses) {
  return addresses.split("\n").map(line => /\/pictures\/([1-9]\d{0,17})\//.exec(line)?.[1]).filter(Boolean)
}

/** Pictures by their numbers in a text, each with its input tokens where it says them: "12:1024 13". */
export function named(text) {
  return text.split(/\s+/).filter(Boolean).map(name => {
    const [id, tokens] = name.split(":")
    return { id, thumbnail: `/media/${id}/512.webp`, tokens }
  })
}

/** What was kept in a Storage for the next visit; nothing where that cannot be read. */
export function recall(storage) {
  try {
    const list = JSON.parse(storage.getItem(KEPT)) ?? []
    return list.filter(({ id, thumbnail }) => /^\d+$/.test(id) && /^\/\w/.test(thumbnail))
  } catch {
    return []
  }
}

export function remember(storage, list) {
  try {
    storage.setItem(KEPT, JSON.stringify(list))
  } catch { /* a full or forbidden storage: then nothing is remembered */ }
}
