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


# What callers say over the agent, without a pause. None begins with a voiceless "s", which is no voice for 90 ms more.
INTERRUPTIONS = (
    "No wait I meant Sunday",
    "Excuse me one more question",
    "Actually I want something else",
    "Hold on that is wrong",
    "Can I say something",
)


async def spoken(*texts: str) -> list[bytes]:
    """Each text as PCM16 mono 16 kHz, a whole number of frames that begin just before the first sound."""
    provider = EspeakProvider()
    await provider.start()
    made = []
    try:
        for text in texts:
            request = SpeechRequest(text, "en-us", "en-US", 165)
            pieces = [chunk.pcm async for chunk in provider.synthesise(request)]
            made.append(trimmed(np.concatenate(pieces)).tobytes())
    finally:
        await provider.close()
    return made


def frames_of(pcm: bytes) -> list[bytes]:
    return [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]


def first_sound(pcm: bytes) -> int:
    """Samples before the first sound; all of them where there is none."""
    loud = np.flatnonzero(np.abs(np.frombuffer(pcm, "<i2").astype(np.int32)) > SOUND_LEVEL)
    return int(loud[0]) if len(loud) else len(pcm) // 2


def trimmed(pcm: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """Cut behind the last sound and 10 ms before the first one; silence in front fills up to whole frames."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > SOUND_LEVEL)
    sound = pcm[max(0, int(loud[0]) - FRAME_SAMPLES // 2) : int(loud[-1]) + 1] if len(loud) else pcm
    return np.concatenate([np.zeros(-len(sound) % FRAME_SAMPLES, np.int16), sound])
