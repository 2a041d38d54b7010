// Which of the mask's colours is seen best on a picture. Distances are those of OKLab, where equal ones look equal. No DOM.

const COLOURS = { accent: [0.66, 0.23, 38], green: [0.78, 0.22, 145], blue: [0.62, 0.2, 255] } // as in editor.css: lightness, chroma, hue
const USUAL = "accent"
const PREFERENCE = 1.2 // the usual colour stays unless another is that many times as far
const LIGHTNESS = 0.5 // the fill is half transparent, so that hue tells more than light
const WORST = 4 // a colour is judged by the quarter of the pixels it is nearest to

/** The name of the colour that is farthest from the RGBA bytes of a picture, however small it was drawn. */
export function clearestOn(rgba) {
  const pixels = []
  for (let at = 0; at < rgba.length; at += 4) if (rgba[at + 3] > 127) pixels.push(labOf(rgba[at], rgba[at + 1], rgba[at + 2]))
  if (!pixels.length) return USUAL
  const scores = Object.entries(COLOURS).map(([name, colour]) => [name, (name === USUAL ? PREFERENCE : 1) * nearest(polar(colour), pixels)])
  return scores.reduce((best, other) => (other[1] > best[1] ? other : best))[0]
}

function nearest(colour, pixels) {
  const distances = pixels.map(pixel => Math.hypot(LIGHTNESS * (pixel[0] - colour[0]), pixel[1] - colour[1], pixel[2] - colour[2]))
  const least = distances.sort((one, other) => one - other).slice(0, Math.ceil(pixels.length / WORST))
  return least.reduce((sum, distance) => sum + distance, 0) / least.length
}

function polar([lightness, chroma, hue]) {
  const angle = (hue * Math.PI) / 180
  return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)]
}

/** sRGB of 0 to 255 each as OKLab. */
function labOf(...channels) {
  const [r, g, b] = channels.map(value => (value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4))
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}
