"""Upstreams: accounts at gateways, with their sealed keys, groups, plans and slots.

Owns where a call may go and whether there is room; never calls a gateway itself.
Public: `models.Upstream`, `models.Lane`, `choice.Need`, `models.Alert`, `models.Check`.
"""
