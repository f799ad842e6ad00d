"""Audio as Parley knows it inside: PCM16 little-endian mono 16 kHz. Used by gateway, asr and tts."""
