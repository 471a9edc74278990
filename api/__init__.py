"""API: cases and their review, evidence, access keys, webhooks, and the console page."""
