"""Pictures as files: storage, thumbnails, masks, uploads, media, the gallery; framing and mask lock on pixels.

Knows no job and no price: which job a picture came from is in `generations`.
Public: `models`, `files`, `uploads`, `decoding`, `masking`, `lock`, `downscale`, `upscaling`, `inbox`, `media.Media`.
"""
