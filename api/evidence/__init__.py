"""Evidence access: masked pictures by default, originals for a stated reason."""
