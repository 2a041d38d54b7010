"""Work on pixels and picture files in memory: decoding, normalising, masks, framing, the mask lock, scaling.

Knows no storage, no rows and no people.
Public: `decoding`, `normalisation`, `masking`, `lock`, `framing`, `downscale`, `upscaling`, `conversion`, `pixels`.
"""
