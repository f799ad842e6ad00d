"""Voices of vendors: `voice` is what they have in common, each vendor is one file that knows its protocol."""
