"""Evidence as people get it: masked by default, originals for a reason."""
