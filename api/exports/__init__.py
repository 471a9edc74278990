"""Lists of cases as files: CSV for spreadsheets, GeoJSON for maps."""
