"""Recognisers behind one protocol: see base.py; registry.py chooses."""
