"""Conversations without pages: threads, turns, plans, the context sent with a turn, its request and its completion.

Has no queue, no call and no money of its own: a turn is a generation whose job runs like any other.
Public: `models`, `specs`, `turn_request.build_turn_request`, `completion`, `positions`, `versions`.
"""
