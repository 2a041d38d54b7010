// The composer's form as a request, and a request back into the form.

import { interpolate } from "./interpolate.js"
import { costWarning } from "./money.js"

/**
 * Field names and values, without what only the server may know or a preference says; of the references, the tokens of
 * those that are known, and how many are not.
 */
export function readForm(form) {
  const values = Object.fromEntries(new FormData(form))
  delete values.token
  delete values.csrfmiddlewaretoken
  delete values.reference
  delete values.fallback
  const tokens = [...form.querySelectorAll("input[name='reference']")].map(({ dataset }) => Number(dataset.tokens) || 0)
  values.references = tokens.filter(count => !count).length
  values.input_tokens = tokens.reduce((total, count) => total + count, 0)
  return values
}

/** Show or hide the warning that a request costs far more than this person's pictures do; `note` holds what they usually cost. */
export function showCostWarning(note, price, count) {
  const warning = costWarning(price, count, note.dataset.usual)
  note.hidden = !warning
  const words = note.querySelector("[data-words]")
  words.textContent = warning ? interpolate(words.dataset.words, warning) : ""
}

/** Set what is named in `values`; a size that is no preset goes into Width and Height. */
export function fillForm(form, values) {
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
