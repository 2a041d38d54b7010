"""Paints the sandbox's pictures: procedural, and the same for the same prompt and seed.

It owns the scenes and the words that choose one. It never knows HTTP, prices, faults or any other sandbox module.
Public: `paint`, `repaint`, `source_picture`, `editable_region`, `coarsen`, `encode`.
"""

from studio.sandbox.painter.encoding import encode
from studio.sandbox.painter.painting import coarsen, paint
from studio.sandbox.painter.repainting import editable_region, repaint, source_picture

__all__ = ["coarsen", "editable_region", "encode", "paint", "repaint", "source_picture"]
