"""Cases: from a confirmed episode to a person's decision: matching, suppression, review."""
