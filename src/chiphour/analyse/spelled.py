"""SPELLED: numbers that a text writes in words.

Takes   English words such as "twenty-one", "two hundred and five", "two thirds", "twice".
Gives   `SPELLED`, which finds them; `number_from_words`, their value and what kind it is.
Keeps   no word for a number unread, but for "first" and a lone "one", which are no figures.
Source  Decision 0043.
"""

import re
from decimal import Decimal
from typing import NamedTuple

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
ONES = {word: number for number, word in enumerate(_SMALL)} | {
    word: 10 * number for number, word in enumerate(_TENS, 2)
}
LARGE = {"dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9}
_PARTS = {"half": 2, "halve": 2, "third": 3, "quarter": 4, "fifth": 5, "tenth": 10}
PARTS = {word + end: of for word, of in _PARTS.items() for end in ("", "s")}
TIMES = {
    **dict.fromkeys(("twice", "double", "doubled", "doubles", "doubling"), 2),
    **dict.fromkeys(("thrice", "triple", "tripled", "triples", "tripling"), 3),
    **dict.fromkeys(("quadruple", "quadrupled"), 4),
}
ORDINALS = {"second": 2, "fourth": 4, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9}
WORDS = {**ONES, **LARGE, **PARTS, **TIMES, **ORDINALS}
_WORD = "|".join(sorted(WORDS, key=len, reverse=True))
SPELLED = re.compile(rf"(?i)\b(?:{_WORD})(?:(?:\s+and\s+|\s*-\s*|\s+)(?:{_WORD}))*\b")
PART_QUANTUM = Decimal("0.01")  # "A third" is a third to the percent.


class Spelled(NamedTuple):
    """A number in words: `unit` is share for a part, times for a multiple, else ""."""

    value: Decimal
    quantum: Decimal
    unit: str


def number_from_words(text: str) -> Spelled:
    """Read what SPELLED found."""
    words = [word for word in re.split(r"[\s-]+", text.lower()) if word != "and"]
    if words[-1] in PARTS:
        over = _cardinal(words[:-1]) if len(words) > 1 else 1
        return Spelled(Decimal(over) / PARTS[words[-1]], PART_QUANTUM, "share")
    if words[-1] in TIMES:
        return Spelled(Decimal(TIMES[words[-1]]), Decimal(1), "times")
    if words[-1] in ORDINALS:
        number = ORDINALS[words[-1]] + _cardinal(words[:-1])
        return Spelled(Decimal(number), Decimal(1), "")
    return Spelled(Decimal(_cardinal(words)), Decimal(1), "")


def _cardinal(words: list[str]) -> int:
    """Add up ones and tens, each multiplied by the large words behind it."""
    total = current = 0
    for word in words:
        if word in ONES:
            current += ONES[word]
        elif word in ("hundred", "dozen"):
            current = max(current, 1) * LARGE[word]
        elif word in LARGE:
            total, current = total + max(current, 1) * LARGE[word], 0
        else:  # A part or multiple in the middle: no such number can be given.
            return -1
    return total + current
