"""Texts to vectors: `base` says what a model offers, `opener` makes the one that the settings name."""
