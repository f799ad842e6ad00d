"""Names and terms of a business, for vendors that take words to listen for."""

from parley_asr.language.corpus import Speech

MOST = 50


def key_terms(speech: Speech, most: int = MOST) -> list[str]:
    """Words written with a capital inside the agent's texts."""
    found: dict[str, None] = {}
    for text in (*speech.phrases, *speech.knowledge):
        for word in text.split()[1:]:
            plain = word.strip(".,;:!?()\"'")
            if len(plain) > 2 and plain[0].isupper():
                found[plain] = None
    return list(found)[:most]
