"""Where chunks are kept: Qdrant's engine in this process (`edge`) or a Qdrant server (`server`)."""
