"""Limits: values that both databases accept; anything else is refused."""

TEXT = r"^[^\x00]*$"
"""PostgreSQL has no NUL in texts. (Lone surrogates, which nothing can encode, pydantic refuses.)"""
LARGEST_ID = 2**31 - 1
"""Of a row that is numbered: PostgreSQL's `integer`."""
