"""An imitation of an OpenAI-compatible image gateway: it answers the same requests and fails on demand.

It owns its endpoints, faults and billing log; its `painter` draws. It runs in a process of its own and never imports
Django or another room but `studio.images`. Public: `python -m studio.sandbox`, and `faults` for tests.
"""
