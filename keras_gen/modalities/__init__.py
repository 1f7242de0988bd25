"""What one part of a batch may be: a room for each kind of data."""
