// What is typed into a thread's composer and not sent yet, by thread; shared with the mask editor. No DOM.

const KEY = "easel:thread:"

/** The words kept for a thread ("12", or "new"); empty where there are none. */
export function keptWords(storage, thread) {
  try {
    return storage.getItem(KEY + thread) ?? ""
  } catch {
    return ""
  }
}

/** Keep words for a thread; none forgets them. */
export function keepWords(storage, thread, words) {
  try {
    if (words) storage.setItem(KEY + thread, words)
    else storage.removeItem(KEY + thread)
  } catch { /* a full or forbidden storage: then nothing is kept */ }
}
