"""Pages: HTML of a room's templates; whole ones ask nobody for anything."""
