"""HTTP: the app, its server, its routes."""
