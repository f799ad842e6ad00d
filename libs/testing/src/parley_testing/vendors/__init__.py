"""Vendors' servers on loopback, as their documentation describes them: what adapters are tested against."""
