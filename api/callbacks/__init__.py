"""Call-backs: what the city's case system says of a case, mirrored into the case's life."""
