"""Benches: what `streetwarden bench` measures, each side by side with its parts and its peer."""
