"""The spend pages: the studio's for admins, everyone's own, their entries, and all of it as CSV.

They stand in this room because they show pictures beside money: what was never opened, and what each entry paid for.
"""
