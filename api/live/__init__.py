"""What happens now, told to who listens."""
