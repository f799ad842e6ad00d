"""Whisper as a provider, on CTranslate2: `provider.py` is the service's side, `process.py` the program that decodes.

Downwards: `provider` (calls, streams) asks `decoder` (the process and its replies), which runs `process` (queue,
threads) with `models`, which uses `decoding` (a sound to words), which uses `features`, `tokens` and `cleaning`.
`wire` has what both sides share: the service loads none of the models' libraries.
"""
