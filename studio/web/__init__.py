"""What every page shares: middleware, request limits, error answers, htmx requests, static files, template tags.

Does not know pictures, and of people only whether a page is still theirs; never reads the database.
Public: `middleware`, `request_limits.body_limit`, `htmx.HtmxHttpRequest`, `error_responses`, `templatetags`.
"""
