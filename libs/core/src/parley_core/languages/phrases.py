"""How packs write their words down: short functions over texts, so that a list reads as one."""


def listed(text: str) -> tuple[str, ...]:
    """The phrases of a text, which commas divide."""
    return tuple(phrase for part in text.split(",") if (phrase := " ".join(part.split())))


def words(text: str) -> frozenset[str]:
    """The words of a text, which spaces divide."""
    return frozenset(text.split())


def numbers(ones: str, twos: str) -> dict[str, int]:
    """Number words to how many figures each stands for."""
    return {word: 1 for word in ones.split()} | {word: 2 for word in twos.split()}
