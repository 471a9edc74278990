"""Monitoring: readiness, metrics, and the `Watch` protocol of a running pipeline."""
