// How much of two pictures differs, as far as eyes can tell. The pixels are RGBA of the same size on an opaque ground.

const VISIBLE = 12 // of 255, in any channel

export function differingShare(one, other) {
  let count = 0
  for (let at = 0; at < one.length; at += 4) {
    const distance = Math.max(
      Math.abs(one[at] - other[at]), Math.abs(one[at + 1] - other[at + 1]), Math.abs(one[at + 2] - other[at + 2]),
    )
    if (distance > VISIBLE) count += 1
  }
  return one.length ? count / (one.length / 4) : 0
}

// Whether two pictures {width, height} have the same shape, so that they lie over each other edge to edge.
export function sameShape(one, other) {
  return Math.abs(Math.log((one.width * other.height) / (one.height * other.width))) < 0.01
}
