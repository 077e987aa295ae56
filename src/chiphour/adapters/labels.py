"""LABELS: the numbers that stand in the journal for members' own words, and the words.

Takes   an account and a word; the private bytes of commands, in order.
Gives   a number for a word, drawn at random; the word for a number.
Keeps   words out of all that is public: the journal's public columns have the number alone, the
        word stands once in its private bytes. At most 65,536 words an account; of more the oldest
        is forgotten, and gets another number when it comes again.
Source  Rulebook 12; decision 0035.
"""

import json
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

from chiphour.observe.observation import canonical_json

WORDS_MAX = 1 << 16
_FIELD = "labels"
_BITS = 62


class Label(NamedTuple):
    """A word of an account, and its number: 1 to 2^62."""

    account: int
    number: int
    word: str


class Labels:
    """The words of all accounts."""

    def __init__(self, words_max: int = WORDS_MAX) -> None:
        """Begin with none."""
        self._words_max = words_max
        self._numbers: dict[int, OrderedDict[str, int]] = {}
        self._words: dict[tuple[int, int], str] = {}
        self._untold: OrderedDict[tuple[int, str], Label] = OrderedDict()

    def known_number_of(self, account: int, word: str) -> int:
        """Give the number of a word, or 0."""
        numbers = self._numbers.get(account)
        return 0 if numbers is None else numbers.get(word, 0)

    def number_of(self, account: int, word: str) -> tuple[int, Label | None]:
        """Give the number of a word; and, until the journal holds it, what it must hold.

        Whoever draws a number may be refused yet, so each use brings the word until it is heard.
        """
        number = self.known_number_of(account, word)
        if number:
            return number, None
        label = self._untold.get((account, word))
        if label is None:
            label = Label(account, 1 + secrets.randbits(_BITS), word)
            self._untold[account, word] = label
            if len(self._untold) > self._words_max:
                self._untold.popitem(last=False)
        return label.number, label

    def word_of(self, account: int, number: int) -> str:
        """Give the word of a number; "" where it is forgotten, or was never told."""
        return self._words.get((account, number), "")

    def add(self, label: Label) -> None:
        """Take a word with its number."""
        self._untold.pop((label.account, label.word), None)
        numbers = self._numbers.setdefault(label.account, OrderedDict())
        numbers[label.word] = label.number
        self._words[label.account, label.number] = label.word
        if len(numbers) > self._words_max:
            _, oldest = numbers.popitem(last=False)
            self._words.pop((label.account, oldest), None)

    def hear(self, private: bytes) -> None:
        """Take the words of private bytes; others than `private_of` wrote are passed over."""
        found = json.loads(private) if private.startswith(b"{") else {}
        for account, number, word in found.get(_FIELD, ()):
            self.add(Label(account, number, word))


def private_of(labels: Iterable[Label]) -> bytes:
    """Write new words as private bytes of a command; nothing for none."""
    rows = [list(label) for label in labels]
    return canonical_json({_FIELD: rows}).encode() if rows else b""
