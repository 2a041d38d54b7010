"""The pages of admins: upstreams and their health, prices, approvals, the safety log, erasing a person.

Each change is one transaction with its line in the audit log; calls to gateways are left to `worker`.
Public: `urls`.
"""
