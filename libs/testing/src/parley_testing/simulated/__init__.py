"""Peers that speak a carrier's or a client's documented protocol in place of the real one."""
