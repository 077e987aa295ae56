"""GROUNDING: whether a report says only what was given: numbers, verdicts, addresses.

Takes   a draft by anybody; what the queries and verdicts gave; the claims of the morning.
Gives   `faults_of`: a sentence for each thing that nobody gave; none for a sound draft.
Keeps   a number to its unit, to the chip and venue that its sentence names, and to its direction;
        a verdict's colour to its chip; an address out of every text: claims are cited by id. In a
        statement of context a number is one of the pages that it cites.
Source  Decision 0043; the article of decision 0042, "Context synthesis".

A number agrees with a fact when the fact, rounded to as many digits as were written, is it.
"""

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.analyse.facts import Fact
from chiphour.analyse.facts import Known
from chiphour.analyse.report import HEADINGS
from chiphour.analyse.report import SECTION_CHARACTERS_MAX
from chiphour.analyse.report import SUMMARY_CHARACTERS_MAX
from chiphour.analyse.report import TITLE_CHARACTERS_MAX
from chiphour.analyse.report import Claim
from chiphour.analyse.report import Draft
from chiphour.analyse.report import Statement
from chiphour.analyse.written import Number
from chiphour.analyse.written import Written
from chiphour.analyse.written import read_text

SENTENCE = re.compile(r"[.!?;](?=\s|$)|\n")
# But for the bounds that a reason names: "green above $0.30".
COLOUR = re.compile(r"(?i)\b(green(?!\s+above\s+\$?\d)|amber|red(?!\s+below\s+\$?\d)|actionable)\b")
DENIED = re.compile(
    r"(?i)\b(not|no|none|nothing|never|neither|isn't|without|in)\W+(?:\w+\W+){0,3}$"
)
SIGNALS = {
    "spread": re.compile(r"(?i)\bspreads?\b"),
    "variation": re.compile(r"(?i)\b(variation|volatility|volatile)\b"),
    "tod_swing": re.compile(r"(?i)\b(time[- ]of[- ]day|swings?|intraday)\b"),
    "supply": re.compile(r"(?i)\bsupply\b"),
}
UP = """rose rise rises risen rising up gain gained gains increase increased increases climbed
climbs higher grew grows grown jumped jumps added adds dearer expanded"""
DOWN = """fell fall falls fallen falling down drop dropped drops decline declined declines decrease
decreased decreases lower lost loses slid shed slipped shrank cheaper contracted"""
DIRECTION = re.compile(rf"(?i)\b(?:(?P<up>{'|'.join(UP.split())})|(?:{'|'.join(DOWN.split())}))\b")
AMOUNT = re.compile(r"(?i)\s+(?:(?:by|about|around|roughly|nearly|almost|some|only)\s+)*")
DIRECTION_BEFORE, DIRECTION_AFTER = 40, 25  # Characters in which a number's direction is sought.
LINES = ("title", "summary", "lead_signal")


class _Sentence(NamedTuple):
    """A sentence: its text, and the goods and venues that it speaks of."""

    start: int
    end: int
    text: str
    goods: frozenset[str]
    venues: frozenset[str]


def faults_of(
    draft: Draft, known: Known, claims: Sequence[Claim], expected: Sequence[str]
) -> list[str]:
    """Give what is wrong with a draft; `expected` are the kinds of its sections, in order."""
    faults = list(_form_faults(draft, expected))
    texts = [(name, getattr(draft, name)) for name in LINES]
    texts += [(HEADINGS.get(kind, repr(kind)), text) for kind, text in draft.sections]
    for where, text in texts:
        faults += [f"{where}: {each}" for each in _text_faults(text, known)]
    by_id = {claim.id: claim for claim in claims}
    for place, statement in enumerate(draft.context, 1):
        faults += [f"context {place}: {each}" for each in _statement_faults(statement, by_id)]
    return faults


def _form_faults(draft: Draft, expected: Sequence[str]) -> Iterator[str]:
    """Check sections, their order, and lengths."""
    kinds = [kind for kind, _ in draft.sections]
    wanted = [kind for kind in expected if kind != "context"]
    if kinds != wanted:
        yield f"sections: expected {', '.join(wanted)}, found {', '.join(kinds) or 'none'}"
    lengths = {
        "title": (draft.title, TITLE_CHARACTERS_MAX),
        "lead_signal": (draft.lead_signal, SUMMARY_CHARACTERS_MAX),
        "summary": (draft.summary, SUMMARY_CHARACTERS_MAX),
        **{kind: (text, SECTION_CHARACTERS_MAX) for kind, text in draft.sections},
        "context": ("".join(each.text for each in draft.context), SECTION_CHARACTERS_MAX),
    }
    for where, (text, most) in lengths.items():
        if len(text) > most:
            yield f"{where}: expected at most {most} characters, found {len(text)}"
        if not text.strip() and where != "context":
            yield f"{where}: expected words, found none"


def _text_faults(text: str, known: Known) -> Iterator[str]:
    """Check a text that may hold what the queries gave, and nothing else."""
    written = read_text(text, known.goods)
    yield from _common_faults(written)
    for day in written.days:
        if not day.possible(known.days):
            yield f"expected a day of the data, found {day.text!r}"
    for clock in written.clocks:
        if clock.text not in known.clocks:
            yield f"expected a time of the data, found {clock.written!r}"
    sentences = list(_sentences(written, known.venues))
    for number in written.numbers:
        sentence = next(each for each in sentences if each.end > number.start)
        fault = _number_fault(number, sentence, known.facts)
        if fault:
            yield fault
    for sentence in sentences:
        yield from _colour_faults(sentence, known)


def _common_faults(written: Written) -> Iterator[str]:
    for piece in written.unread:
        yield f"expected numbers and names that were given, found {piece!r}"
    for address in written.addresses:
        yield f"expected no address but by the id of a claim, found {address.text!r}"


def _sentences(written: Written, venues: Iterable[str]) -> Iterator[_Sentence]:
    """Cut a text into sentences; one that names no good speaks of those named last."""
    ends = [found.end() for found in SENTENCE.finditer(written.text)]
    start, goods = 0, frozenset[str]()
    for end in (*ends, len(written.text) + 1):
        text = written.text[start:end]
        named = [each.goods for each in written.mentions if start <= each.start < end]
        goods = frozenset().union(*named) if named else goods
        here = (name for name in venues if re.search(rf"(?i)\b{re.escape(name)}\b", text))
        yield _Sentence(start, end, text, goods, frozenset(here))
        start = end


def _number_fault(number: Number, sentence: _Sentence, facts: Sequence[Fact]) -> str:
    """Say why a number may not stand in its sentence, or ""."""
    alike = [fact for fact in facts if _agrees(number, fact)]
    about = [
        fact for fact in alike if not fact.goods or fact.goods & (sentence.goods or fact.goods)
    ]
    if not about:
        whose = f" of {', '.join(sorted(sentence.goods))}" if alike else ""
        return f"expected a number{whose} that a tool gave, found {number.text!r}"
    there = [fact for fact in about if fact.venues & (sentence.venues or fact.venues)]
    if not there and all(not fact.venues for fact in about):
        there = about
    if not there:
        venues = ", ".join(sorted(sentence.venues))
        return f"expected a number of {venues} that a tool gave, found {number.text!r}"
    direction, is_amount = _direction(number, sentence)
    moved = [fact for fact in there if fact.is_signed]
    if is_amount and not moved:
        return f"expected a change that a tool gave, found {number.text!r}"
    there = moved if is_amount else there
    if direction and all(fact.is_signed and fact.value * direction < 0 for fact in there):
        went = "down" if direction > 0 else "up"
        return f"expected it to have gone {went}, found {number.text!r} the other way"
    return ""


def _agrees(number: Number, fact: Fact) -> bool:
    """Tell whether a fact, rounded as the number is written, is that number in its unit.

    A share may be written plain, with its decimals: 0.15.
    """
    is_plain_share = number.unit == "count" and fact.unit == "share" and number.quantum < 1
    if not is_plain_share and not _same_unit(number.unit, fact.unit):
        return False
    if number.sign and fact.value and (number.sign == "-") != (fact.value < 0):
        return False
    return abs(abs(fact.value) - abs(number.value)) <= number.quantum / 2


def _same_unit(written: str, given: str) -> bool:
    if written == "count":
        return given not in ("usd", "share", "hours")
    return written == given or (written, given) == ("times", "share")


def _direction(number: Number, sentence: _Sentence) -> tuple[int, bool]:
    """Give 1 or -1 for a number beside a rise or a fall, else 0; and whether it is its amount."""
    at = number.start - sentence.start
    before = list(DIRECTION.finditer(sentence.text, max(0, at - DIRECTION_BEFORE), at))
    end = at + len(number.text)
    after = list(DIRECTION.finditer(sentence.text, end, end + DIRECTION_AFTER))
    nearest = before[-1] if before else after[0] if after else None
    if nearest is None:
        return 0, False
    between = sentence.text[nearest.end() : at] if before else "-"
    return 1 if nearest["up"] else -1, AMOUNT.fullmatch(between) is not None


def _colour_faults(sentence: _Sentence, known: Known) -> Iterator[str]:
    """Check the colours that a sentence gives to the goods that it names."""
    if not sentence.goods:
        return
    signals = {name for name, words in SIGNALS.items() if words.search(sentence.text)}
    given = {
        colour
        for good, signal, colour in known.colours
        if good in sentence.goods and (not signals or signal in signals)
    }
    for found in COLOUR.finditer(sentence.text):
        word = found[0].lower()
        colour = "green" if word == "actionable" else word
        if DENIED.search(sentence.text[: found.start()]):
            continue
        if colour not in given:
            yield (
                f"expected a verdict on {', '.join(sorted(sentence.goods))} that was computed, "
                f"found {found[0]!r}"
            )


def _statement_faults(statement: Statement, claims: Mapping[str, Claim]) -> Iterator[str]:
    """Check a statement of context against the pages that it cites."""
    if not statement.claims:
        yield "expected the id of a claim, found none"
    unknown = [each for each in statement.claims if each not in claims]
    for each in unknown:
        yield f"expected the id of a claim of this morning, found {each!r}"
    cited = [claims[each] for each in statement.claims if each in claims]
    words = "\n".join(f"{claim.title}\n{claim.quotation}\n{claim.published}" for claim in cited)
    said, source = read_text(statement.text, ()), read_text(words, ())
    for address in said.addresses:
        yield f"expected no address but by the id of a claim, found {address.text!r}"
    for piece in said.unread:
        if piece.strip(".,;:!?()'\"").lower() not in words.lower():
            yield f"expected what the cited pages say, found {piece!r}"
    for number in said.numbers:
        facts = (Fact(-n.value if n.sign == "-" else n.value, n.unit) for n in source.numbers)
        if not any(_agrees(number, fact) for fact in facts):
            yield f"expected a number of the cited pages, found {number.text!r}"
    for day in said.days:
        if not any(day[2:] == each[2:] or _is_part(day, each) for each in source.days):
            yield f"expected a day of the cited pages, found {day.text!r}"
    for clock in said.clocks:
        if clock.text not in {each.text for each in source.clocks}:
            yield f"expected a time of the cited pages, found {clock.written!r}"


def _is_part(day: tuple[object, ...], whole: tuple[object, ...]) -> bool:
    """Tell whether a day says no more than another one."""
    return all(mine in (None, theirs) for mine, theirs in zip(day[2:], whole[2:], strict=True))
