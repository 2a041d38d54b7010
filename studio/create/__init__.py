"""The pages of designers: composer, feed and its live updates, picture page, mask editor, threads, errors.

Shows and submits; never calls a gateway and never books money.
Public: `urls`, `frame.frame`, `live.application`, `live_feed.poller`, `tiles.Tile`.
"""
