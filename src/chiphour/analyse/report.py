"""REPORT: the records of the daily report: what it says, and what it says it from.

Takes   nothing: this file is a language.
Gives   `Signal`, `Section`, `DataAnalysisOutput`, as the article has them; `Claim`, something that
        was read elsewhere; `Report`, all of it as it is kept and published; `Draft`, words to be
        checked.
Keeps   verdicts apart from words: a signal is computed, a writer only words it.
Source  Decision 0043.

    MarketError
    └── ReportRefused    words that say what nobody gave; the report is not published
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from typing import NamedTuple

import msgspec
from msgspec import Meta

from chiphour.observe.observation import MarketError
from chiphour.units import NS_PER_HOUR

FORMAT = "chiphour-report/1"
REPORT_OFFSET_NS = 7 * NS_PER_HOUR  # After midnight, UTC: what a report looks at, and when.
TEMPLATE = "template"  # The writer of a report that no model worded.
# The sections, in order: with two days of data or more `movers`, before that `baselines`.
HEADINGS = {
    "snapshot": "Market snapshot",
    "movers": "Movers",
    "baselines": "Baselines",
    "volatility": "Spread and volatility",
    "context": "Market context",
}
MOVERS_DAYS_MIN = 2
TITLE_CHARACTERS_MAX = 160
SUMMARY_CHARACTERS_MAX = 1_000
SECTION_CHARACTERS_MAX = 6_000
CLAIMS_MAX = 12
QUOTATION_CHARACTERS_MAX = 300
FAULTS_SHOWN = 6


class Signal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A verdict on one chip. `value` is in `unit`, None where there is not enough data.

    The first five fields are those of the article; `verdict` is green, amber, red or
    not_enough_data, `rule` says by whose threshold.
    """

    gpu: Annotated[str, Meta(description="The chip in its form.", examples=["H100 SXM"])]
    type: Annotated[str, Meta(description="What is judged.", examples=["spread"])]
    value: Annotated[float | None, Meta(description="In `unit`; null: not enough data.")]
    actionable: Annotated[bool, Meta(description="Whether the verdict is green.")]
    reason: Annotated[str, Meta(description="The figures behind it, in a sentence.")]
    verdict: Annotated[str, Meta(description="green, amber, red, not_enough_data.")]
    unit: Annotated[str, Meta(description="Of `value`.", examples=["usd_per_hour"])]
    rule: Annotated[str, Meta(description="Whose threshold: stated or repaired.")]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One section. `kind` is a word of HEADINGS; `claims` are the ids of what it rests on."""

    kind: Annotated[str, Meta(description="Which section.", examples=["snapshot"])]
    title: Annotated[str, Meta(description="Its heading.", examples=["Movers"])]
    text: Annotated[str, Meta(description="What it says, in lines.")]
    claims: Annotated[tuple[str, ...], Meta(description="Ids of what it rests on.")] = ()


class DataAnalysisOutput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an analysis says: the most interesting finding, then all of it."""

    lead_signal: Annotated[str, Meta(description="The most interesting finding.")]
    title: Annotated[str, Meta(description="In one line.")]
    summary: Annotated[str, Meta(description="In a paragraph.")]
    sections: Annotated[tuple[Section, ...], Meta(description="Four, in their order.")]
    signals: Annotated[tuple[Signal, ...], Meta(description="Every verdict; computed.")]


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that stands on a page elsewhere: `quotation` is a part of the page's text.

    `sha256` is that of the page's bytes as they came at `retrieved`. `published` is the day that
    the source states, "" where it states none. Times are UTC, ISO 8601.
    """

    id: Annotated[str, Meta(description="How the text cites it.", examples=["c1"])]
    source: Annotated[str, Meta(description="Who led to it, as the operator names it.")]
    url: Annotated[str, Meta(description="Its page.")]
    title: Annotated[str, Meta(description="Of the page, as the source gives it.")]
    quotation: Annotated[str, Meta(description="A sentence of the page.")]
    published: Annotated[str, Meta(description="When, as the source states it, or empty.")]
    retrieved: Annotated[str, Meta(description="When it was read, UTC.")]
    sha256: Annotated[str, Meta(description="Of the page's bytes, as they came.")]


class Report(DataAnalysisOutput, frozen=True, forbid_unknown_fields=True):
    """The report of a morning, as it is kept and published.

    `time` is what the data were looked at as of; `made` is when it was written, `writer` "template"
    or the model's name. `context_of` is the day whose claims stand here because this morning
    brought none, None where they are this morning's. `notes` say what was missing or refused.
    """

    format: Annotated[str, Meta(description="Of this object.", examples=[FORMAT])]
    date: Annotated[str, Meta(description="Its morning.", examples=["2026-07-20"])]
    time: Annotated[str, Meta(description="What the data were looked at as of, UTC.")]
    made: Annotated[str, Meta(description="When it was written, UTC.")]
    writer: Annotated[str, Meta(description="A model's name, or this.", examples=[TEMPLATE])]
    claims: Annotated[tuple[Claim, ...], Meta(description="What was read elsewhere.")]
    context_of: Annotated[str | None, Meta(description="Day of older claims; null: this one.")]
    notes: Annotated[tuple[str, ...], Meta(description="What was missing or refused.")]


class Statement(NamedTuple):
    """A piece of context with the ids of the claims that it rests on."""

    text: str
    claims: tuple[str, ...]


class Draft(NamedTuple):
    """Words that wait to be checked. `sections` are pairs of kind and text, without the context."""

    lead_signal: str
    title: str
    summary: str
    sections: tuple[tuple[str, str], ...]
    context: tuple[Statement, ...]


class ReportRefused(MarketError):
    """Words that say what nobody gave; the report is not published."""

    def __init__(self, day: date, faults: Sequence[str]) -> None:
        """Refuse for every fault; the message names the first ones."""
        self.faults = tuple(faults)
        shown = "; ".join(self.faults[:FAULTS_SHOWN])
        more = len(self.faults) - FAULTS_SHOWN
        super().__init__(
            f"report of {day.isoformat()}: {shown}" + (f"; and {more} more" if more > 0 else "")
        )


def sections_expected(days: int) -> tuple[str, ...]:
    """Give the kinds of section of a report over so many days of data, in order."""
    middle = "movers" if days >= MOVERS_DAYS_MIN else "baselines"
    return ("snapshot", middle, "volatility", "context")
