"""Videos: watched by the rules of cameras; what those cannot decide is suspected."""
