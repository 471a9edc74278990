"""Mistakes: what can be wrong in a site file, each with one sentence in Chinese and English."""
