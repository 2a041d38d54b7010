"""Putting pictures in order: acts on many and undoing them, collections, tags, the trash, what fills the storage.

Knows no money and decides nothing about jobs; a picture that is purged keeps its row with recipe and price.
Public: `urls`, `purging.purge_expired`, `storage_rules.apply_rules`, `bulk_acts.forget_expired`.
"""
