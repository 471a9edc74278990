"""Gateways: cameras that lie behind a platform, which is asked for their streams."""
