"""People: users, roles, invitations, sign-in links, preferences, the audit log.

Owns people and how they sign in; does not know pictures, money or gateways.
Public: `models.User`, `access.admin_required`, `access.person`, and for `up` the functions of `first_admin`.
"""
