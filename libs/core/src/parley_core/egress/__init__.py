"""Requests to addresses that users name: where they may go (`policy`), and a client that keeps to it."""

from parley_core.egress.client import EgressClient, Fetched
from parley_core.egress.policy import EgressPolicy

__all__ = ["EgressClient", "EgressPolicy", "Fetched"]
