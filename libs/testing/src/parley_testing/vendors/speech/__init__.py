"""Servers of vendors of speech: `peer` is how they behave, each other module is one vendor's protocol."""
