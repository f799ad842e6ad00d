"""Any OpenAI-compatible chat-completions endpoint (OpenAI, vLLM, Ollama, Groq, sglang, …) through the openai SDK.

Servers differ in what they take and in how they answer. `provider` asks; `parameters` finds out what a model does not
take; `tool_calls` puts calls together; `thoughts` keeps what is not for the caller out of the text.
"""
