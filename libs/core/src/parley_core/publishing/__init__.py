"""An agent document on its way to callers: `checks` before, and where in the file a fault is (`lines`)."""
