"""Reports: what became of cases, counted in SQL by day, week, month, year."""
