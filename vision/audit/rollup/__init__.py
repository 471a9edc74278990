"""Roll-up: many audits by day, week and month."""
