// How tall the gallery's rows are: one of five steps, remembered in this browser.

import { ownStorage } from "./person.js"

const KEY = "easel.gallery.density"
const HEIGHTS = [110, 150, 200, 270, 360] // px

export function density() {
  const step = Number(read() ?? 2)
  return Number.isInteger(step) && step >= 0 && step < HEIGHTS.length ? step : 2
}

export function setDensity(step) {
  try { ownStorage.setItem(KEY, step) } catch { /* a browser without storage forgets it */ }
  dispatchEvent(new CustomEvent("density:change"))
}

// On a narrow screen even the tallest step leaves room for two in a row.
export function rowHeight(width) {
  return Math.min(HEIGHTS[density()], Math.max(80, width * (0.2 + density() * 0.12)))
}

function read() {
  try { return ownStorage.getItem(KEY) } catch { return null }
}
