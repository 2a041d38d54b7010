"""Pictures as files: where their bytes are, what those bytes are, who may see them, the gallery.

Owns storage, thumbnails and private addresses; never asks a gateway and never counts money.
Public: `models.Picture`, `files.store`, `files.Unreadable`, `inbox`, `partials`, `media.application`,
`uploads.normalise`, `masking.read_mask`, `framed.sent_picture`, `framed.sent_mask`, `lock.lock`.
"""
