"""Backup and restore of a site: its database, its evidence, its key and its site file."""
