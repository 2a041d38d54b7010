// Tokens and prices by the formula that comes with `rules`: the twin of `studio/images/prices.py`. Prices are BigInts in
// units of 10⁻¹⁸ USD, so that nothing is ever rounded but for showing. No DOM.

const PLACES = 6 // decimal places that a rate and a multiplier may have; tokens × rate × multiplier fills 18
const UNIT_PLACES = 18
const MILLION = 10n ** 6n
const WRITTEN = /^([1-9]\d{0,8})x([1-9]\d{0,8})$/

/** Image output tokens of one picture of any width and height in px; `auto` quality counts as the highest. */
export function outputTokens(rules, width, height, quality, modelId) {
  const { areaOffset, areaDivisor } = rules.formula
  const { factors } = modelOf(rules, modelId)
  const factor = BigInt(factors[quality] ?? Object.values(factors).at(-1))
  const [w, h] = [BigInt(width), BigInt(height)]
  const [short, long] = w < h ? [w, h] : [h, w]
  const shortFactor = (2n * factor * short + long) / (2n * long)
  const divisor = BigInt(areaDivisor)
  return Number((factor * shortFactor * (BigInt(areaOffset) + w * h) + divisor - 1n) / divisor)
}

/** About how many tokens a text has: so many characters a token, by the alphabet they belong to. */
export function textTokens({ formula }, text) {
  const counts = formula.textBands.map(() => 0)
  for (const character of text) counts[formula.textBands.findIndex(([end]) => character.codePointAt(0) < end)] += 1
  return formula.textBands.reduce((total, [, characters], at) => total + Math.ceil(counts[at] / characters), 0)
}

/**
 * {low, high, expected} for one picture of {model, size, quality, partial_images, prompt, references}; `input_tokens` are
 * those of images whose sizes are known. A range where several gateways would be as likely; at list price, times
 * `multiplier`, where the rules say nothing of gateways.
 */
export function estimate(rules, request, multiplier = "1") {
  const found = tariffsOf(rules, request, multiplier).map(tariff => estimateAt(rules, request, tariff))
  const [{ expected }] = found
  return {
    low: found.reduce((least, { low }) => (low < least ? low : least), expected),
    high: found.reduce((most, { high }) => (high > most ? high : most), expected),
    expected,
  }
}

/** A price before it is paid, to two significant figures: "$0.053", "$1.2", "$120". */
export function twoFigures(price) {
  if (!price) return "$0"
  const dropped = `${price}`.length - 2
  const rounded = roundTo(price, dropped)
  const carried = `${rounded}`.length - 2 // 0.0996 became 0.100
  return `$${decimal(rounded, Math.max(0, UNIT_PLACES - carried))}`
}

/** {low, high, expected} with `more` added to each, such as what words cost beside a picture. */
export function addPrice({ low, high, expected }, more) {
  return { low: low + more, high: high + more, expected: expected + more }
}

/** A decimal amount of USD such as "0.0041", as a price; further places than a price has are dropped. */
export function parseUsd(text) {
  const [whole, fraction = ""] = `${text}`.split(".")
  return BigInt(whole + fraction.slice(0, UNIT_PLACES).padEnd(UNIT_PLACES, "0"))
}

function modelOf({ models }, id) {
  return models.find(model => model.id === id) ?? models[0]
}

/** What a picture like this is charged by, the likeliest first: [{multiplier, rates | pictures}]. */
function tariffsOf(rules, request, multiplier) {
  const { id, rates } = modelOf(rules, request.model)
  const [width, height] = edgesOf(rules.formula, request.size)
  const lane = width * height > rules.limits.largePixels ? "large" : "standard"
  return rules.tariffs?.[id]?.[lane] ?? [{ multiplier, rates }]
}

function estimateAt(rules, request, { multiplier, rates, pictures }) {
  if (pictures) {
    const price = fixed(pictures[`tier_${tierOf(rules, request.size).toLowerCase()}`]) * fixed(multiplier) * MILLION
    return { low: price, high: price, expected: price }
  }
  const at = quality => cost(rules, request, quality, rates) * fixed(multiplier)
  const names = Object.keys(modelOf(rules, request.model).factors)
  if (names.includes(request.quality)) {
    const exact = at(request.quality)
    return { low: exact, high: exact, expected: exact }
  }
  const typical = names.find(name => name === rules.formula.typicalQuality) ?? names[Math.floor(names.length / 2)]
  return { low: at(names[0]), high: at(names.at(-1)), expected: at(typical) }
}

/** The tier in which gateways bill a size that bill by the picture, by its long edge. */
function tierOf({ billedTiers: { edges, beyond, unknown } }, size) {
  if (!WRITTEN.test(size)) return unknown
  const long = Math.max(...size.split("x").map(Number))
  return Object.keys(edges).find(tier => long <= edges[tier]) ?? beyond
}

function cost(rules, request, quality, rates) {
  const { formula } = rules
  const { id } = modelOf(rules, request.model)
  const [width, height] = edgesOf(formula, request.size)
  const partials = (Number(request.partial_images) || 0) * formula.partialTokens
  const tokens = {
    image_output: outputTokens(rules, width, height, quality, id) + partials,
    image_input: (Number(request.input_tokens) || 0) + (Number(request.references) || 0) * formula.referenceTokens,
    text_input: textTokens(rules, request.prompt || ""),
  }
  return Object.entries(tokens).reduce((total, [kind, count]) => total + BigInt(count) * fixed(rates[kind]), 0n)
}

/** Width and height of "WxH"; what is left to the model, or not typed to its end, counts as `auto`. */
function edgesOf({ autoEdge }, size) {
  const written = WRITTEN.exec(size)
  return written ? [Number(written[1]), Number(written[2])] : [autoEdge, autoEdge]
}

/** A decimal such as "1.25" as a whole number of millionths. */
function fixed(text) {
  const [whole, fraction = ""] = `${text}`.split(".")
  if (fraction.length > PLACES) throw new RangeError(`more than ${PLACES} decimal places: ${text}`)
  return BigInt(whole + fraction.padEnd(PLACES, "0"))
}

function roundTo(price, places) {
  if (places <= 0) return price
  const unit = 10n ** BigInt(places)
  return ((price + unit / 2n) / unit) * unit
}

function decimal(price, places) {
  const digits = `${price}`.padStart(UNIT_PLACES + 1, "0")
  const fraction = digits.slice(-UNIT_PLACES).slice(0, places)
  return digits.slice(0, -UNIT_PLACES) + (fraction && `.${fraction}`)
}
