"""Finds personal data in what is said, written or keyed, and puts typed tokens in its place."""
