"""Audits over HTTP: batches of photos and videos are uploaded, looked at, and reported on."""
