// Tokens and prices by the formula that comes with `rules`. No DOM.

const MICRO = 1e6 // micro-dollars a dollar: a rate of $30 a million tokens is 30 micro-dollars a token

/** Image output tokens of one picture at low, medium or high. */
export function outputTokens({ formula }, width, height, quality) {
  const factor = formula.factors[quality]
  const [short, long] = [Math.min(width, height), Math.max(width, height)]
  const shortFactor = Math.floor((2 * factor * short + long) / (2 * long))
  return Math.ceil((factor * shortFactor * (formula.areaOffset + width * height)) / formula.areaDivisor)
}

/** About how many tokens a text has: one for each East Asian character, one for four others. */
export function textTokens({ formula }, text) {
  const characters = [...text]
  const wide = characters.filter(character => WIDE.test(character)).length
  return wide + Math.ceil((characters.length - wide) / formula.charactersAToken)
}

const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

/** {low, high, expected} in USD for one picture of {model, size, quality, partial_images, prompt, references}. */
export function estimate(rules, wish) {
  const at = quality => dollars(rules, wish, quality)
  if (wish.quality in rules.formula.factors) {
    const exact = at(wish.quality)
    return { low: exact, high: exact, expected: exact }
  }
  const [low, medium, high] = Object.keys(rules.formula.factors).map(at)
  return { low, high, expected: medium }
}

function dollars(rules, wish, quality) {
  const { formula, models, auto } = rules
  const { rates } = models.find(model => model.id === wish.model) ?? models[0]
  const [width, height] = wish.size === auto ? [formula.autoEdge, formula.autoEdge] : wish.size.split("x").map(Number)
  const output = outputTokens(rules, width, height, quality) + (wish.partial_images || 0) * formula.partialTokens
  const references = (wish.references || 0) * formula.referenceTokens
  const text = textTokens(rules, wish.prompt || "")
  return (output * rates.image_output + references * rates.image_input + text * rates.text_input) / MICRO
}
