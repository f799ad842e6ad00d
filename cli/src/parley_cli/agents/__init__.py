"""`parley agents`: the commands, and the drawing of flows."""
