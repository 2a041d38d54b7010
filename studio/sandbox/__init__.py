"""An imitation of an OpenAI-compatible gateway: it speaks the wire contract, paints with Pillow, fails on demand.

It runs in a process of its own and never imports Django or another room but `studio.images`.
"""
