"""The ledger: append-only entries of what was reserved, settled, released and corrected.

Owns every sum of money shown anywhere; never knows a job or an attempt but by number.
Public: `models.Entry`, and its doors `Entry.objects.reserve / settle / release / correct`, `audit.audit`.
"""
