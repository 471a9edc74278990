"""Cases put to people: store, review, media, keys, webhooks, and the console page."""
