"""Labelled pictures: kinds, importers, merge, the scene renderer and the demo site."""
