"""The caller's voice: one spoken question as frames of 20 ms, ending in the very frame of its last sound."""

import numpy as np
import numpy.typing as npt
from parley_tts.providers.base import SpeechRequest
from parley_tts.providers.espeak import EspeakProvider

SAMPLE_RATE_HZ = 16_000
FRAME_MS = 20
FRAME_SAMPLES = SAMPLE_RATE_HZ * FRAME_MS // 1000
FRAME_BYTES = FRAME_SAMPLES * 2
QUESTION = "Could you tell me your opening hours on Saturday?"
SOUND_LEVEL = 1000  # 3 % of full scale, about 30 dB under the voice: below it a sample is silence
AGENT_SOUND_LEVEL = 64  # the agent's line is digitally silent otherwise


async def spoken_question(text: str = QUESTION) -> bytes:
    """PCM16 mono 16 kHz, a whole number of frames."""
    provider = EspeakProvider()
    await provider.start()
    try:
        pieces = [chunk.pcm async for chunk in provider.synthesise(SpeechRequest(text, "en-us", "en-US", 165))]
    finally:
        await provider.close()
    return trimmed(np.concatenate(pieces)).tobytes()


def trimmed(pcm: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """Cut behind the last sound and fill up with silence in front, to whole frames."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > SOUND_LEVEL)
    sound = pcm[: int(loud[-1]) + 1] if len(loud) else pcm
    return np.concatenate([np.zeros(-len(sound) % FRAME_SAMPLES, np.int16), sound])
