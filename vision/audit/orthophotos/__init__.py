"""Orthophotos: large maps, looked at by windows."""
