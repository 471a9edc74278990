"""Setup: the site file as people change it through the API, with history and undo."""
