"""CHALLENGE: somebody says that a fix, a rule or a role is wrong, and is answered.

Takes   who, about what, in which words, when; the challenges before.
Gives   the record of a challenge and of its answer.
Keeps   each with a name and a time for good: an answer is added, a challenge never changed.
Source  IOSCO FR07/13, 16; docs/methodology/governance.md, "Complaints and challenges".

    MarketError
    └── ChallengeRefused    words that are missing or too many, an answer to nothing or a second one
"""

from collections.abc import Iterable
from typing import NamedTuple

from chiphour.observe.observation import MarketError
from chiphour.observe.observation import canonical_json
from chiphour.units import day_from_ns

WORDS_MAX = 10_000  # Characters of a challenge or an answer.
NAME_MAX = 200
BYTES_PER_CHARACTER = 3  # Of JSON in ASCII: a challenge and its answer must fit in one leaf.
NUMBER_MAX = 999  # Challenges of one year.


class ChallengeRefused(MarketError):
    """Words that are missing or too many, an answer to nothing, or a second one."""


class Challenge(NamedTuple):
    """A challenge; once it is answered, with the answer. `id` is CH-YYYY-NNN."""

    id: str
    opened_ns: int
    by: str
    about: str
    text: str
    answered_ns: int | None = None
    answered_by: str = ""
    answer: str = ""

    @property
    def state(self) -> str:
        """Give "open" or "answered"."""
        return "open" if self.answered_ns is None else "answered"


def opened(earlier: Iterable[Challenge], time_ns: int, by: str, about: str, text: str) -> Challenge:
    """Open a challenge, numbered within its year; raises ChallengeRefused."""
    for name, words, most in (
        ("by", by, NAME_MAX),
        ("about", about, NAME_MAX),
        ("text", text, WORDS_MAX),
    ):
        _refuse_words(name, words, most)
    known = list(earlier)
    _refuse_time(known, time_ns)
    year = day_from_ns(time_ns).year
    number = sum(each.id.startswith(f"CH-{year}-") for each in known) + 1
    if number > NUMBER_MAX:
        raise ChallengeRefused(f"expected at most {NUMBER_MAX} challenges in {year}, found more")
    return Challenge(f"CH-{year}-{number:03}", time_ns, by, about, text)


def answered(
    known: Iterable[Challenge], name: str, time_ns: int, by: str, answer: str
) -> Challenge:
    """Answer an open challenge; raises ChallengeRefused."""
    _refuse_words("by", by, NAME_MAX)
    _refuse_words("answer", answer, WORDS_MAX)
    challenges = {each.id: each for each in known}
    found = challenges.get(name)
    if found is None or found.state != "open":
        open_ones = ", ".join(each.id for each in challenges.values() if each.state == "open")
        raise ChallengeRefused(
            f"expected an open challenge ({open_ones or 'none'}), found {name!r}"
        )
    _refuse_time(list(challenges.values()), time_ns)
    if by == found.by:
        raise ChallengeRefused(f"expected an answer of somebody else than {found.by!r}")
    return found._replace(answered_ns=time_ns, answered_by=by, answer=answer)


def _refuse_words(name: str, words: str, most: int) -> None:
    if not words.strip() or len(words) > most:
        raise ChallengeRefused(
            f"{name}: expected 1 to {most} characters, found {len(words.strip())}"
        )
    written = len(canonical_json(words))  # Up to 12 bytes for a character that is not ASCII.
    if written > BYTES_PER_CHARACTER * most:
        raise ChallengeRefused(
            f"{name}: expected at most {BYTES_PER_CHARACTER * most} bytes of JSON, found {written}"
        )


def _refuse_time(known: list[Challenge], time_ns: int) -> None:
    last_ns = max((max(each.opened_ns, each.answered_ns or 0) for each in known), default=0)
    if time_ns < last_ns:
        raise ChallengeRefused(
            f"expected a time not before the last record's {last_ns}, found {time_ns}"
        )
