"""Commands on the warehouse."""
