// What a composer's buttons and pickers say of the settings that are chosen.

import { formatEstimate } from "./money.js"

/** The label of what is checked among the radios of a name; empty without one. */
export function checkedLabel(root, name) {
  return root.querySelector(`input[name="${name}"]:checked`)?.closest("label").querySelector("[data-label]")?.textContent ?? ""
}

/** A size as people read it: "1536×1024", or the studio's word for auto. */
export function sizeLabel(root, size) {
  return size === "auto" ? root.querySelector("#size-auto-name").textContent : size.replace("x", "×")
}

/** Write a setting's value on the button that opens its picker. */
export function showSetting(root, name, text) {
  root.querySelector(`[data-value="${name}"]`).textContent = text
}

/** Write the price of each quality beside it; `priceWith({quality})` gives {low, high}. */
export function showQualityPrices(root, priceWith) {
  for (const place of root.querySelectorAll("[data-quality-price]")) {
    place.textContent = formatEstimate(priceWith({ quality: place.dataset.qualityPrice }))
  }
}

/** Write the price of each size on its tile in the picker; `priceWith({size})` gives {low, high}. */
export function showSizePrices(root, priceWith) {
  for (const place of root.querySelectorAll("[data-size-price]")) {
    place.textContent = formatEstimate(priceWith({ size: place.dataset.sizePrice }))
  }
}
