"""The words of each language that say what a number or a name is."""
