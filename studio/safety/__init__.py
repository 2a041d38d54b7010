"""The prompt policy, and the log of what it refused.

Everything but `models` is pure, and the terms are data in `terms/`. Knows jobs by number only; calls no gateway.
Public: `policy.judge`, `models.SafetyNote`, `moderation.refused_category`.
"""
