"""Delivery: the outbox from event to receiver."""
