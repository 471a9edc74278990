"""Vision: from a camera's frames to episodes of violations with their evidence."""
