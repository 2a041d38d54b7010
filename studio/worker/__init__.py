"""Running jobs: the runner, one strategy per kind, the second check of prompts, the sweep, periodic tasks.

Makes every call to a gateway that belongs to a job; serves no page.
Public: `runner.Runner`, `strategy.Strategy`, `strategies.STRATEGIES`, `sweep`.
"""
