"""Pictures on their way in and out: uploads, downloads in other formats and sizes, recipes inside files.

Owns no table. Never changes a stored picture: what leaves is made from it while it is downloaded.
Public: `urls`, `recipes.Recipe`, `embedding.recipe_in`, `embedding.cleaned`.
"""
