"""Open311: confirmed cases as service requests of GeoReport v2, to read."""
