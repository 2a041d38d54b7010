"""Paints the sandbox's pictures: handsome, procedural, and the same for the same seed.

It owns the vocabulary that turns a prompt into a scene and a palette, and the scenes themselves.
It never knows HTTP, prices or failures. Public names: paint, repaint, coarsen, encode.
"""

from studio.sandbox.painter.encoding import encode
from studio.sandbox.painter.painting import coarsen, paint
from studio.sandbox.painter.retouching import repaint

__all__ = ["coarsen", "encode", "paint", "repaint"]
