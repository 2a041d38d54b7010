// Which pictures of a list are chosen: some of them by id, or all that the list's query finds. No DOM.

export class Selection {
  #ids = new Set()
  #anchor = null // where a range begins
  isAll = false

  get ids() {
    return [...this.#ids]
  }

  get size() {
    return this.#ids.size
  }

  get isEmpty() {
    return !this.isAll && this.#ids.size === 0
  }

  has(id) {
    return this.isAll || this.#ids.has(id)
  }

  /** Choose one or let go of it; a range begins here. `order` is every id on the page. */
  toggle(id, order) {
    this.#leaveAll(order)
    if (!this.#ids.delete(id)) this.#ids.add(id)
    this.#anchor = id
  }

  /** Choose everything from where the last click was to this one. */
  extendTo(id, order) {
    this.#leaveAll(order)
    const [from, to] = [order.indexOf(this.#anchor), order.indexOf(id)]
    if (from < 0) return this.toggle(id, order)
    for (const each of order.slice(Math.min(from, to), Math.max(from, to) + 1)) this.#ids.add(each)
  }

  /** Choose exactly these. */
  replace(ids) {
    this.isAll = false
    this.#ids = new Set(ids)
  }

  chooseAll() {
    this.#ids.clear()
    this.isAll = true
  }

  clear() {
    this.replace([])
    this.#anchor = null
  }

  // One that is let go of out of all leaves those that are on the page.
  #leaveAll(order) {
    if (this.isAll) this.replace(order)
  }
}

/** Whether two boxes touch; each is { left, top, right, bottom }. */
export function touches(one, other) {
  return one.left < other.right && one.right > other.left && one.top < other.bottom && one.bottom > other.top
}
