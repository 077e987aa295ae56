"""SIGNALS: `chiphour signals`: what prices say of a chip, by two sets of rules.

Takes   a chip or none, a time or the last that is known of; `--viability` for the report.
Gives   a table of verdicts; with a chip all seven answers; with `--json` an object a line.
Keeps   exit code 1 for a chip that nobody has offered and for a time before the first price.
Source  docs/how-to/signals.md; decision 0042.
"""

from collections.abc import Sequence
from contextlib import closing
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from chiphour.adapters.archive import Archive
from chiphour.adapters.questions import Questions
from chiphour.adapters.questions import TimeUnknown
from chiphour.adapters.serve.signal_objects import signal_object
from chiphour.adapters.serve.signal_objects import viable_object
from chiphour.adapters.signals import REACH_NS
from chiphour.adapters.signals import Judged
from chiphour.adapters.signals import judged_at
from chiphour.adapters.signals import viability_at
from chiphour.analyse.goods import Good
from chiphour.analyse.goods import good_named
from chiphour.analyse.verdicts import Verdict
from chiphour.analyse.verdicts import in_words
from chiphour.analyse.viability import Viability
from chiphour.cli.fix import filled_archive
from chiphour.cli.fix import plain_table
from chiphour.cli.fix import time_of
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.units import iso_from_ns

ChipArgument = Annotated[
    str | None, typer.Argument(metavar="CHIP", help="A chip in one form, such as h100-sxm.")
]
AtOption = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="As seen at this time.", show_default="last price"),
]
ViabilityOption = Annotated[
    bool, typer.Option("--viability", help="Can the chip carry a futures market?")
]


def add_to(app: typer.Typer) -> None:
    """Add the command `signals`."""
    app.command("signals")(signals)


def signals(
    chip: ChipArgument = None,
    at: AtOption = None,
    viability: ViabilityOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge spread, variation, time of day and supply of each chip."""
    good = None if chip is None else good_named(chip)
    asked_ns = None if at is None else time_of(at)
    with filled_archive(data) as archive, closing(questions_of(archive, asked_ns)) as questions:
        at_ns = asked_ns or last_ns(questions)
        if viability:
            show_viability(viability_at(questions, at_ns, good), as_json)
        else:
            show(judged_at(questions, at_ns, good), good, as_json)


def questions_of(archive: Archive, at_ns: int | None) -> Questions:
    """Ask what an archive holds up to a time, as far back as any answer reaches.

    Where the time is before all of it, everything is read, so that the refusal can name the first.
    """
    first_ns, last_ns = archive.span() or (0, 0)
    if at_ns is not None and at_ns < first_ns:
        return Questions.of_archive(archive, first_ns, last_ns)
    end_ns = last_ns if at_ns is None else at_ns
    return Questions.of_archive(archive, max(end_ns - REACH_NS, 0), end_ns)


def last_ns(questions: Questions) -> int:
    """Give the time of the last price; raises TimeUnknown."""
    span = questions.span()
    if span is None:
        raise TimeUnknown("archive: expected prices, found none")
    return span[1]


def show(judged: Judged, only: Good | None, as_json: bool) -> None:
    """Print the verdicts: a row for each chip, or for one chip its sentences."""
    goods = list(dict.fromkeys(verdict.good for verdict in judged.verdicts))
    if as_json:
        for good in goods:
            print(msgspec.json.encode(signal_object(judged, good)).decode())
        return
    if only is not None:
        for verdict in judged.verdicts:
            print(verdict.reason)
        return
    table = plain_table(f"Signals at {iso_from_ns(judged.answers.at_ns)}", "chip")
    for name in ("signal", "stated", "", "repaired", ""):
        table.add_column(name)
    for good in goods:
        of = [each for each in judged.verdicts if each.good == good]
        for stated, repaired in zip(of[::2], of[1::2], strict=True):
            words = (good.slug, stated.signal)
            table.add_row(*words, *_cells(stated), *_cells(repaired))
    table.caption = "the figures behind them: chiphour signals CHIP --json"
    Console().print(table)


def _cells(verdict: Verdict) -> tuple[str, str]:
    if verdict.value is None:
        return verdict.colour.replace("_", " "), ""
    return verdict.colour, in_words(verdict.value, verdict.unit)


def show_viability(report: Sequence[Viability], as_json: bool) -> None:
    """Print the answers with their first reason."""
    if as_json:
        for each in report:
            print(msgspec.json.encode(viable_object(each)).decode())
        return
    table = plain_table("Can it carry a futures market?", "chip")
    for name in ("answer", "days", "venues", "why"):
        table.add_column(name)
    for each in report:
        counts = (str(each.days), str(each.venues))
        table.add_row(each.good.slug, each.answer, *counts, "; ".join(each.reasons))
    Console().print(table)
