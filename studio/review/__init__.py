"""Review links: pictures shown to people without an account, and what they said about them.

Owns the links and the notes. Never shows a prompt, a price or a name of a file unless its owner allowed it.
Public: `urls`, `models`, the template tags `reviews`.
"""
