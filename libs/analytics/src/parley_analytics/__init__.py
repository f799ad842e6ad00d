"""Named queries on the warehouse, and synthetic calls to try them on."""
