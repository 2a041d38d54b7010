// Answers the questions on standard input as the browser would; the Python tests hold them against their own answers.

import { estimate, outputTokens, textTokens, twoFigures } from "../../static/js/helpers/prices.js"
import { isLarge, megapixels, nearestSize, ratioLabel, reasonWords, sizeProblems } from "../../static/js/helpers/sizes.js"

let text = ""
for await (const chunk of process.stdin.setEncoding("utf8")) text += chunk
const { rules, edges, requests } = JSON.parse(text)

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

const prices = requests.map(request => {
  const { low, high, expected } = estimate(rules, request, request.multiplier)
  return {
    text: textTokens(rules, request.prompt),
    units: [low, high, expected].map(String),
    shown: [low, high, expected].map(twoFigures),
  }
})

process.stdout.write(JSON.stringify({ sizes, prices }))
