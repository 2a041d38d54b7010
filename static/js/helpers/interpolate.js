// Translated sentences with places for values, as Django writes them. No DOM.

/** Put values into a sentence's %(name)s places; %% is a percent sign. */
export function interpolate(sentence, values) {
  return sentence.replace(/%\((\w+)\)s/g, (_place, name) => values[name]).replaceAll("%%", "%")
}
