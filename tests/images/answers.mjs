// Answers the questions on standard input as the browser would; the Python tests hold them against their own answers.

import { ceiling, estimate, fourDecimals, outputTokens, textTokens, twoFigures } from "../../static/js/helpers/prices.js"
import { isLarge, megapixels, nearestSize, ratioLabel, reasonWords, sizeProblems } from "../../static/js/helpers/sizes.js"

let text = ""
for await (const chunk of process.stdin.setEncoding("utf8")) text += chunk
const { rules, edges, wishes } = JSON.parse(text)

const said = problem => [problem.code, reasonWords(rules, problem)]

const sizes = edges.map(([width, height]) => {
  const { size, reasons } = nearestSize(rules, width, height)
  return {
    problems: sizeProblems(rules, width, height).map(said),
    size: [size.width, size.height],
    reasons: reasons.map(said),
    label: ratioLabel(rules, size.width, size.height),
    megapixels: megapixels(size.width, size.height),
    isLarge: isLarge(rules, size.width, size.height),
    tokens: Object.keys(rules.formula.factors).map(quality => outputTokens(rules, size.width, size.height, quality)),
  }
})

const prices = wishes.map(wish => {
  const { low, high, expected } = estimate(rules, wish, wish.multiplier)
  return {
    text: textTokens(rules, wish.prompt),
    units: [low, high, expected, ceiling(rules, wish, wish.multiplier)].map(String),
    shown: [low, high, expected].flatMap(price => [twoFigures(price), fourDecimals(price)]),
  }
})

process.stdout.write(JSON.stringify({ sizes, prices }))
