"""Paints the sandbox's pictures: handsome, procedural, and the same for the same seed.

It owns the vocabulary that turns a prompt into a scene and a palette, and the scenes themselves.
It never knows HTTP, prices or failures. Public names: paint, coarsen, encode.
"""

from studio.sandbox.painter.encoding import encode
from studio.sandbox.painter.painting import coarsen, paint

__all__ = ["coarsen", "encode", "paint"]
