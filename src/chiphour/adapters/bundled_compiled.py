"""BUNDLED COMPILED: the rows of a bundle's batch, taken apart by compiled code.

Takes   canonical lines of observations, some at a time; their ids.
Gives   the groups of rows that the audit's own reader gives.
Keeps   a block that is not in the one canonical form for a reader of JSON, which reads or refuses
        it. Words are kept from batch to batch: machines stay for weeks.
Source  Decision 0019.
"""

import json
from bisect import bisect_right
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chiphour.adapters.bundled import QuickReading
from chiphour.adapters.bundled import groups_from
from chiphour.adapters.bundled_kernel import COLUMNS
from chiphour.adapters.bundled_kernel import END
from chiphour.adapters.bundled_kernel import GPUS
from chiphour.adapters.bundled_kernel import HOST
from chiphour.adapters.bundled_kernel import MACHINE
from chiphour.adapters.bundled_kernel import OBSERVED
from chiphour.adapters.bundled_kernel import PRICE
from chiphour.adapters.bundled_kernel import RECEIVED
from chiphour.adapters.bundled_kernel import SEPARATOR
from chiphour.adapters.bundled_kernel import SPEC
from chiphour.adapters.bundled_kernel import STANDING
from chiphour.adapters.bundled_kernel import STANDING_BYTES
from chiphour.adapters.bundled_kernel import UNTOLD
from chiphour.adapters.bundled_kernel import place_words
from chiphour.adapters.bundled_kernel import read_lines
from chiphour.adapters.bundled_tree import root_of
from chiphour.audit.groups import Group
from chiphour.audit.groups import joined
from chiphour.audit.rows import names_of
from chiphour.audit.specs import is_quality_end
from chiphour.audit.specs import quality_end
from chiphour.audit.tree import ID_BYTES

WORDS_A_LINE = 4
WORDS_KEPT = 1 << 18
WORDS_FIRST, BYTES_FIRST = 1 << 16, 1 << 21  # Room to begin with; it doubles.
SLOTS_A_WORD = 2

SPEC_END = b'","tenor":"'

Numbers = NDArray[np.int64]
Bytes = NDArray[np.uint8]


class Words:
    """Texts that many rows share, each with a number; and what they say."""

    def __init__(self) -> None:
        """Begin without any."""
        self.texts: list[str] = []
        self.ends: dict[int, str | None] = {UNTOLD: None}
        self._standings: dict[int, tuple[Any, ...]] = {}
        self._words = np.zeros((WORDS_FIRST, 3), np.int64)
        self._slots = np.zeros(SLOTS_A_WORD * WORDS_FIRST, np.int64)
        self._arena = np.zeros(BYTES_FIRST, np.uint8)
        self._used = np.zeros(2, np.int64)
        self._scratch = np.zeros(STANDING_BYTES, np.uint8)

    def read(self, block: bytes, numbers: Numbers) -> bool:
        """Read a block of lines into numbers; give whether all are in the one form."""
        self._make_room(WORDS_A_LINE * len(numbers), len(block))
        table = self._slots, self._words, self._arena, self._used
        return bool(read_lines(np.frombuffer(block, np.uint8), numbers, *table, self._scratch))

    def learn(self) -> None:
        """Make texts of the words that came since the last time."""
        first, count = len(self.texts), int(self._used[0])
        if first == count:
            return
        start = int(self._words[first, 1])
        text = self._arena[start : int(self._used[1])].tobytes().decode("ascii")
        bounds = (self._words[first:count, 1:] - start).tolist()
        self.texts += [text[begin:end] for begin, end in bounds]

    def standing(self, word: int) -> tuple[Any, ...]:
        """Give what the rows of a group share."""
        found = self._standings.get(word)
        if found is None:
            *words, flags, _ = self.texts[word].split(chr(SEPARATOR))
            found = self._standings[word] = *words, tuple(json.loads(flags))
        return found

    def end(self, word: int) -> str | None:
        """Give what a description says of how good a machine is; None where it needs all of it."""
        if word not in self.ends:
            end = json.loads(f'"{self.texts[word]}"')
            self.ends[word] = end if not end or is_quality_end(end) else None
        return self.ends[word]

    @property
    def count(self) -> int:
        """Count the words."""
        return int(self._used[0])

    def _make_room(self, words: int, size: int) -> None:
        while self._used[1] + size > len(self._arena):
            self._arena = np.concatenate([self._arena, np.zeros_like(self._arena)])
        if self._used[0] + words <= len(self._words):
            return
        while self._used[0] + words > len(self._words):
            self._words = np.concatenate([self._words, np.zeros_like(self._words)])
        self._slots = np.zeros(SLOTS_A_WORD * len(self._words), np.int64)
        place_words(self._slots, self._words, self.count)


@lru_cache(1)
def _kept() -> list[Words]:
    """Give the place of the words that this process keeps from batch to batch."""
    return [Words()]


def _words() -> Words:
    place = _kept()
    if place[0].count > WORDS_KEPT:
        place[0] = Words()  # Whoever still reads with the old ones keeps them.
    return place[0]


class CompiledReading(QuickReading):
    """Lines of one batch, read by compiled code where they are in the one form."""

    def __init__(self) -> None:
        """Begin without any."""
        super().__init__()
        self._words = _words()
        self._numbers: list[Numbers] = []
        self._ends = [0]  # Of blocks, in lines.
        self._others: list[int] = []  # Blocks that are not in the one form.

    def add(self, block: bytes) -> None:
        """Take some whole lines; nothing is said of them yet."""
        numbers = np.empty((block.count(b"\n"), COLUMNS), np.int64)
        if not self._words.read(block, numbers):
            numbers[:] = -1
            self._others.append(len(self._blocks))
        self._numbers.append(numbers)
        self._ends.append(self._ends[-1] + len(numbers))
        super().add(block)

    def root(self, ids: bytes) -> bytes:
        """Give the root over ids of 32 bytes, one behind another."""
        return root_of(ids)

    def groups(self, ids: bytes) -> list[Group]:
        """Give the rows, with their ids; raises ValueError."""
        if not self._numbers:
            return []
        self._words.learn()
        numbers = np.concatenate(self._numbers)
        order = np.lexsort((numbers[:, OBSERVED], numbers[:, STANDING]))
        numbers = numbers[order]
        firsts = np.flatnonzero(np.diff(numbers[:, STANDING], prepend=-1)).tolist()
        raw = np.frombuffer(ids, np.uint8).reshape(-1, ID_BYTES)
        found = [
            self._group(numbers[first:end].T.tolist(), order[first:end], raw)
            for first, end in pairwise([*firsts, len(order)])
        ]
        if not self._others:
            return found
        for at in self._others:
            lines = self._blocks[at].split(b"\n")[:-1]
            named = names_of(raw[self._ends[at] : self._ends[at + 1]].tobytes())
            found += groups_from(lines, named)
        return joined(found)

    def _group(self, columns: list[list[int]], order: Numbers, raw: Bytes) -> Group:
        """Give the group of lines that stand in the same place, in the order of their times."""
        text = self._words.texts.__getitem__
        rows = order.tolist()
        judged = {word: self._words.end(word) for word in set(columns[END])}
        ends: list[Any] = list(map(judged.__getitem__, columns[END]))
        if None in judged.values():
            ends = [
                quality_end(self.spec_of(row)) if end is None else end
                for end, row in zip(ends, rows, strict=True)
            ]
        columns_of = {
            "ids": names_of(raw[order].tobytes()),
            "prices_nanousd": columns[PRICE],
            "gpus": columns[GPUS],
            "machines": list(map(text, columns[MACHINE])),
            "hosts": list(map(text, columns[HOST])),
            "specs": rows,
            "ends": ends,
            "observed_ns": columns[OBSERVED],
            "received_ns": columns[RECEIVED],
            "spec_of": self.spec_of,
        }
        shared = self._words.standing(columns[STANDING][0])
        return Group._make([*shared, *map(columns_of.__getitem__, Group._fields[len(shared) :])])

    def spec_of(self, row: int) -> str:
        """Read the description of a row."""
        at = bisect_right(self._ends, row) - 1
        first = int(self._numbers[at][row - self._ends[at], SPEC])
        # Quotes in a text are marked, so the next that is not ends it.
        spec: str = json.loads(
            self._blocks[at][first - 1 : self._blocks[at].index(SPEC_END, first) + 1]
        )
        return spec
