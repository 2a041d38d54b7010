"""Upstreams: accounts at gateways, with their encrypted keys, groups, plans and slots.

Owns which upstream gets the next call, how an error affects its health, the free check, and alerts.
Public: `models`, `choice`, `health_effects`, `checks`, `alerts`.
"""
