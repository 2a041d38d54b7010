"""The processes: `up`, `worker`, the ASGI entry point, the sandbox as a child, probes and management commands.

Wires the rooms together and has no domain rules of its own.
Public: `asgi.application`, `up`, `worker`.
"""
