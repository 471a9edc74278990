"""City: a site's cameras on many machines, through Ray; nothing else knows of it."""
