"""The chaos run: a studio of several processes under every failure at once, reconciled with what its gateways billed.

`uv run python -m tests.chaos --jobs 500 --seed 1`; `--plant lost|double|unmarked` breaks the studio on purpose.
"""
