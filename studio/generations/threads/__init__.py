"""Conversations about pictures: what goes along with a turn, what becomes of its reply, and the pages that show it.

Owns no queue, no call and no sum: a turn's drawing is a generation, its job runs as every other.
"""
