"""Registers: what a city has on file: permits, assets, known structures, unit grid."""
