"""The ledger: append-only entries of what was reserved, settled, released and corrected.

Owns every sum of money shown anywhere; knows jobs and attempts by number only.
Public: `Entry.objects.reserve / settle / release / correct`, `models`, `spending`, `audit.findings`.
"""
