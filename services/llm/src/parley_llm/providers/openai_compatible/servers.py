"""What differs between servers of OpenAI's chat completions, as far as it is known before one is asked.

A model choice names an endpoint (an entry of PARLEY_VENDORS) and, where the entry is not called like its server, the
server. What is not in this table is found out from refusals (`parameters`) or tolerated in every answer (`provider`,
`tool_calls`, `thoughts`). Sources: the servers' documents, and issues of their projects as noted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

_NEWER = {"max_tokens": "max_completion_tokens"}


@dataclass(frozen=True, slots=True)
class Server:
    url: str = ""  # its public address, or the usual one of a server on this machine
    names: Mapping[str, str] = field(default_factory=dict)  # of parameters that are called otherwise; "": not sent
    extra: Mapping[str, object] = field(default_factory=dict)  # sent beside what the protocol knows
    tool_id_chars: int = 0  # exact length of ids of tool calls, letters and digits; 0: any
    alternates: bool = False  # templates that want the caller first, and then turns by turns


SERVERS: Mapping[str, Server] = {
    "": Server(),
    "openai": Server(names=_NEWER),
    "azure": Server(names=_NEWER),
    "vllm": Server(url="http://127.0.0.1:8000/v1"),
    "sglang": Server(url="http://127.0.0.1:30000/v1"),
    "tgi": Server(url="http://127.0.0.1:3000/v1"),
    "tensorrt_llm": Server(url="http://127.0.0.1:8000/v1"),
    "nim": Server(url="https://integrate.api.nvidia.com/v1"),
    "ollama": Server(url="http://127.0.0.1:11434/v1"),
    "lm_studio": Server(url="http://127.0.0.1:1234/v1", alternates=True),
    # The templates inside model files raise where roles do not alternate.
    "llama_cpp": Server(url="http://127.0.0.1:8080/v1", extra={"cache_prompt": True}, alternates=True),
    "groq": Server(url="https://api.groq.com/openai/v1", names=_NEWER),
    "cerebras": Server(url="https://api.cerebras.ai/v1", names=_NEWER),
    # Refuses fields that it does not know, and ids of other shapes than its own; usage comes unasked.
    "mistral": Server(url="https://api.mistral.ai/v1", names={"stream_options": ""}, tool_id_chars=9),
    "openrouter": Server(url="https://openrouter.ai/api/v1", extra={"usage": {"include": True}}),
    "together": Server(url="https://api.together.xyz/v1"),
    "fireworks": Server(url="https://api.fireworks.ai/inference/v1"),
    "deepseek": Server(url="https://api.deepseek.com/v1"),
}


def server_of(endpoint: str, named: str) -> Server:
    """By the document's word, else by the endpoint's name."""
    return SERVERS.get(named or endpoint, SERVERS[""])
