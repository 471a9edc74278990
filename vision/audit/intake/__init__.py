"""Intake: what files, folders, zips and patterns hold, as items to look at."""
