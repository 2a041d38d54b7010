// The composer's form as plain values, and values back into the form.

/** Field names and values, without what only the server may know or a preference says; of the references, how many. */
export function read(form) {
  const values = Object.fromEntries(new FormData(form))
  delete values.token
  delete values.csrfmiddlewaretoken
  delete values.reference
  delete values.fallback
  values.references = new FormData(form).getAll("reference").length
  return values
}

/** Set what is named in `values`; a size that is no preset goes into Width and Height. */
export function fill(form, values) {
  for (const [name, value] of Object.entries(values)) {
    if (name === "size") fillSize(form, value)
    else if (name !== "references" && form.elements[name]) form.elements[name].value = value ?? ""
  }
}

function fillSize(form, size) {
  const choices = [...form.querySelectorAll("input[name='size']")]
  const choice = choices.find(radio => radio.value === size) ?? choices.find(radio => radio.value === "custom")
  if (choice.value === "custom" && /^\d+x\d+$/.test(size)) {
    [form.elements.width.value, form.elements.height.value] = size.split("x")
  }
  choice.checked = true
}

/** The size as "auto" or "WxH", whichever way it was chosen. */
export function sizeOf(form) {
  const size = new FormData(form).get("size")
  return size === "custom" ? `${form.elements.width.value}x${form.elements.height.value}` : size
}

/** Put values into a translated sentence's %(name)s places. */
export function worded(words, values) {
  return words.replace(/%\((\w+)\)s/g, (_place, name) => values[name]).replaceAll("%%", "%")
}
