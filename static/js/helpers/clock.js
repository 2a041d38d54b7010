// How long something takes, as people read it. No DOM.

/** Seconds as m:ss, or h:mm:ss from an hour on. */
export function formatDuration(seconds) {
  const whole = Math.floor(seconds)
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const tail = `${String(s).padStart(2, "0")}`
  return h ? `${h}:${String(m).padStart(2, "0")}:${tail}` : `${m}:${tail}`
}

/** How far along (0 … 0.97): true to the expected time at first, then ever slower, never full before it is. */
export function progressShare(seconds, expected) {
  if (!(expected > 0)) return 0
  const x = seconds / expected
  return x < 0.8 ? x : Math.min(0.97, 0.8 + 0.17 * (1 - Math.exp(-(x - 0.8) / 0.5)))
}
