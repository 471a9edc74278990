"""Software renderer of street and drone scenes with exact truth."""
