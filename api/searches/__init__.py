"""Searches that people keep for themselves."""
