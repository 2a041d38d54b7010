"""Upkeep: what admins do about upstreams. Their pages and forms, checks and proofs, alerts, and how each one fares."""
