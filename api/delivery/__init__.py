"""Delivery: webhooks: outbox, queue with leases, signed sends, retries and dead letters."""
