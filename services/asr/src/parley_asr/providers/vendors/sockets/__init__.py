"""Recognisers that listen on a WebSocket: what they share. A vendor is a `Dialect` in a file of its own beside this."""
