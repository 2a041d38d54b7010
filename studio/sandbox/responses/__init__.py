"""The Responses API of the sandbox: its requests, what the main model says, and its replies.

It owns the conversation and the stored responses. It never paints, bills or sends.
"""
