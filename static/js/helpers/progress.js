// Progress of what is under way, for the tab's icon. No DOM.

/** Learns from the number of open jobs how many of this run are done. */
export class Progress {
  #open = 0
  #total = 0
  #done = 0

  /** Count the jobs that are open now; gives the share that is done (0 … 1). */
  update(open) {
    if (open > this.#open) this.#total += open - this.#open
    else this.#done += this.#open - open
    this.#open = open
    return this.#total ? this.#done / this.#total : 0
  }
}

/** The studio's mark with a ring around it, filled to `share`, as a data: address. */
export function progressIcon(share) {
  const length = 2 * Math.PI * 13
  const ring = `<circle cx="16" cy="16" r="13" fill="none" stroke-width="5" stroke=`
  const done = Math.max(0.06, share) * length
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${ring}"#8885"/>${ring}"#ff7a45" ` +
    `stroke-linecap="round" stroke-dasharray="${done.toFixed(1)} ${length.toFixed(1)}" transform="rotate(-90 16 16)"/></svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}
