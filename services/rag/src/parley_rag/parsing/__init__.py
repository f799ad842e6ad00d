"""Files into blocks of text. `sandbox` runs the parsers of `formats` in another process; `chunking` cuts the blocks."""
