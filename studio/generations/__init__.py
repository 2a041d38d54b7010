"""What people ask for and what becomes of it; the only room that brings the others together.

Owns Generation, Job, Attempt, the runner, the sweep, the live feed and the pages of the studio.
Never writes a rule of the model, an HTTP call or a sum itself: it asks `images`, `gateway`, `ledger`.
Public: `models.Generation`, `models.Job`, `runner.Runner`, `live.application`.
"""
