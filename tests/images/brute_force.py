"""The rules of sizes once more, written the slow way, to hold the studio's own against."""

from itertools import product

EDGES = range(16, 3841, 16)


def is_drawn(width: int, height: int) -> bool:
    return (
        width in EDGES
        and height in EDGES
        and width <= 3 * height
        and height <= 3 * width
        and 655_360 <= width * height <= 8_294_400
    )


EVERY_SIZE = [edges for edges in product(EDGES, EDGES) if is_drawn(*edges)]
