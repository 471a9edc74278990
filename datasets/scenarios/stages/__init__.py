"""Stages: the places that scenarios are played at."""
