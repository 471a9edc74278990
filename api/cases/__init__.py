"""Cases: from episode to a decision by a person."""
