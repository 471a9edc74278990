"""Storage: the case database, its tables and migrations."""
