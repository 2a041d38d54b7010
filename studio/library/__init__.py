"""Pictures as files: storage, thumbnails, masks, uploads, media, the gallery.

Knows no job and no price: which job a picture came from is in `generations`. What is done to pixels is in `imaging`.
Public: `models`, `files`, `uploads`, `inbox`, `media.Media`.
"""
