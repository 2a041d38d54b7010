"""What belongs to no room: encryption at rest, network policy, append-only tables, wake-ups, the base of refusals.

Imports no other room. `__init__` imports nothing, so that the gateway can use the network policy without Django.
Public: its modules.
"""
