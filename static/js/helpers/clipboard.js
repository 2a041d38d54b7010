// What of a clipboard is meant. No DOM.

/** The files a paste means, none where its text is meant: an office program sends text with a picture of itself along. */
export function filesMeant(clipboard) {
  const files = [...(clipboard?.files ?? [])]
  const text = clipboard?.getData?.("text/plain") ?? ""
  return files.length && areNames(text, files) ? files : []
}

/** Whether a text only says which files were copied, as file managers do: by name, by path or by address, one a line. */
function areNames(text, files) {
  const names = files.map(({ name }) => plain(name))
  return text.split(/[\r\n\0]+/).map(line => line.trim()).filter(Boolean).every(line => {
    return /^file:\/\//i.test(line) || names.includes(plain(line)) || names.includes(plain(line.split(/[\\/]/).at(-1)))
  })
}

// Systems write é in one sign or in two, and some hide what stands behind the dot.
function plain(name) {
  return name.normalize("NFC").replace(/^"|"$/g, "").replace(/\.\w{1,5}$/, "").toLowerCase()
}
