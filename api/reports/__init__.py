"""Reports: what became of cases by day, week, month, year."""
