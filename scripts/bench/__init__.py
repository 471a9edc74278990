"""Benchmarks behind `streetwarden bench`, each compared with its parts and its peer."""
