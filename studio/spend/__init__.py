"""The pages that show money with the pictures behind it, their CSV files, and closed months.

Sums come from `ledger`; nothing is added up here.
Public: `urls`.
"""
