"""Whisper as a provider, on CTranslate2: `provider.py` is the service's side, `process.py` the program of the child.

Downwards: `provider` (calls and their streams) asks `child` (the process and its replies), which runs `process` (queue
and threads), which uses `decoding` (one model: a sound to words), which uses `features`, `tokens` and `cleaning`.
`wire` has what both sides share: the service loads none of the models' libraries.
"""
