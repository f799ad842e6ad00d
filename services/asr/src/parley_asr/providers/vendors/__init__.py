"""Recognisers of vendors, each a file; what several share: `sockets`, `call_stream`, `whole`, `key_terms`."""
