"""Who may come in: users, roles, invitations, sign-in links, preferences.

Owns the person and how they sign in; never knows of pictures, money or gateways.
Public: `models.User`, `access.admin_required`, `access.person`, and for `up` the functions of `first_admin`.
"""
