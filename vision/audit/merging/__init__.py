"""Merging: findings of several pictures that are one thing become one violation."""
