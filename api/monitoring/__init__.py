"""Monitoring: readiness, metrics, what is asked of a running pipeline."""
