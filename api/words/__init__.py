"""Words: what the API says to people, in Chinese and English, each with one home."""
