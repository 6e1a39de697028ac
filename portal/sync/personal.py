"""Sentences that name a customer, an e-mail or an address: what is kept of them for ever, and what is sealed and forgotten in time."""

from collections.abc import Iterable


class Personal(str):
    """A sentence that names somebody; `bare` says the same without. Any text made of it is a plain one: pass it on as it is."""

    bare: str

    def __new__(cls, sentence: str, bare: str) -> "Personal":
        """A sentence with its bare words."""
        made = super().__new__(cls, sentence)
        made.bare = bare
        return made


def bare_of(sentence: str) -> str:
    """A sentence without what it names."""
    return sentence.bare if isinstance(sentence, Personal) else sentence


def in_full(sentences: Iterable[str]) -> dict[str, str]:
    """Each sentence that names somebody, by its bare words."""
    return {one.bare: str(one) for one in sentences if isinstance(one, Personal)}
