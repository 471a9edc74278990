"""From a camera's frames to violations as facts over time, with their evidence."""
