"""The vendors that recognise on a WebSocket, by the names of asr's providers, with what each one gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from parley_testing.vendors.assemblyai import AssemblyAiWire
from parley_testing.vendors.azure import AzureWire
from parley_testing.vendors.deepgram_flux import FluxWire
from parley_testing.vendors.openai_realtime import OpenAiRealtimeWire
from parley_testing.vendors.sarvam import SarvamWire
from parley_testing.vendors.sockets import Wire
from parley_testing.vendors.soniox import SonioxWire
from parley_testing.vendors.speechmatics import SpeechmaticsWire


@dataclass(frozen=True, slots=True)
class SocketVendor:
    wire: Callable[[], Wire]
    interims: bool = True
    times: bool = True  # of words
    keeps_alive: bool = False


SOCKET_VENDORS: Mapping[str, SocketVendor] = {
    "assemblyai": SocketVendor(AssemblyAiWire, keeps_alive=True),
    "azure": SocketVendor(AzureWire),
    "deepgram_flux": SocketVendor(FluxWire),
    "openai_realtime": SocketVendor(OpenAiRealtimeWire, times=False),
    "soniox": SocketVendor(SonioxWire, keeps_alive=True),
    "speechmatics": SocketVendor(SpeechmaticsWire),
    "sarvam": SocketVendor(SarvamWire, interims=False, times=False),
}
