"""PROCURE: `chiphour procure JOB`: the cheapest mix for a job, and a guard on its price.

Takes   a job as JSON or as options; the archive of the data folder, or a market's address.
Gives   the mix for people or as JSON; exit code 3 when a useful hour costs more than the limit, 4
        when no mix can do the job.
Keeps   looking, with --watch, until the price is above the limit: then it ends, so that whatever
        started it can stop.
Source  docs/how-to/rent-or-buy.md, "A job"; decision 0044.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from typing import Any

import msgspec
import typer
from rich.console import Console
from rich.console import RenderableType
from rich.table import Table

from chiphour.adapters.procuring import procure_of
from chiphour.adapters.question_client import ask_market
from chiphour.adapters.question_file import QuestionRefused
from chiphour.adapters.question_file import fields_in
from chiphour.adapters.question_file import question
from chiphour.adapters.serve.shapes_procure import ProcureAsked
from chiphour.adapters.serve.shapes_procure import Procured
from chiphour.cli.fix import day_of
from chiphour.cli.fix import plain_table
from chiphour.cli.hedge import known_index
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.cli.rounded import rounded

ABOVE_LIMIT, NOT_FEASIBLE = 3, 4  # Exit codes: 1 and 2 are taken.

JobArgument = Annotated[Path | None, typer.Argument(metavar="JOB", help="A job as JSON.")]
GpusOption = Annotated[int | None, typer.Option("--gpus", help="GPUs at once.")]
HoursOption = Annotated[int | None, typer.Option("--hours", help="Useful hours of each.")]
ChipOption = Annotated[
    list[str] | None, typer.Option("--chip", help="Which would do, such as H100; repeat it.")
]
FormOption = Annotated[list[str] | None, typer.Option("--form", help="Such as SXM; repeat it.")]
CountryOption = Annotated[
    list[str] | None, typer.Option("--country", help="Where it may stand; repeat it.")
]
DeadlineOption = Annotated[str, typer.Option("--deadline", help="Such as 2026-08-30T00:00:00Z.")]
MemoryOption = Annotated[int | None, typer.Option("--memory", help="GB of a GPU, at least.")]
InterruptibleOption = Annotated[
    bool, typer.Option("--interruptible", help="It may be taken away and restarted.")
]
CheckpointOption = Annotated[
    int | None, typer.Option("--checkpoint", help="Minutes between two checkpoints.")
]
InterruptedOption = Annotated[
    str, typer.Option("--interrupted", help="Share of interruptible hours with an interruption.")
]
ApartOption = Annotated[bool, typer.Option("--apart", help="Its GPUs may stand at many venues.")]
LimitOption = Annotated[str, typer.Option("--limit", help="US dollars a useful hour, at most.")]
WatchOption = Annotated[bool, typer.Option("--watch", help="Look again and again; needs --limit.")]
EveryOption = Annotated[int, typer.Option("--every", min=1, help="Seconds between two looks.")]
TodayOption = Annotated[
    str, typer.Option("--today", metavar="DATE", help="Else the last recorded day.")
]
UrlOption = Annotated[str, typer.Option("--url", help="Ask a market that runs.")]


def add_to(app: typer.Typer) -> None:
    """Add the command `procure`."""
    app.command("procure")(procure)


def procure(
    job: JobArgument = None,
    gpus: GpusOption = None,
    hours: HoursOption = None,
    chip: ChipOption = None,
    form: FormOption = None,
    country: CountryOption = None,
    deadline: DeadlineOption = "",
    memory: MemoryOption = None,
    interruptible: InterruptibleOption = False,
    checkpoint: CheckpointOption = None,
    interrupted: InterruptedOption = "",
    apart: ApartOption = False,
    limit: LimitOption = "",
    watch: WatchOption = False,
    every: EveryOption = 300,
    today: TodayOption = "",
    url: UrlOption = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the cheapest venues and tenors for a job; stop when an hour costs more than a limit."""
    stated: dict[str, Any] = {
        "gpus": gpus,
        "hours": hours,
        "chips": chip,
        "forms": form,
        "countries": country,
        "deadline": deadline,
        "memory_gb_min": memory,
        "interruptible": interruptible,
        "checkpoint_minutes": checkpoint,
        "interrupted_share": interrupted,
        "limit_usd": limit,
    }
    fields = {} if job is None else fields_in(job)
    fields |= {name: each for name, each in stated.items() if each or type(each) is int}
    if apart:
        fields["together"] = False
    asked = question(fields, ProcureAsked, str(job or "procure"))
    if watch and asked.limit_usd is None:
        raise QuestionRefused("--watch: expected --limit beside it, found none")
    while True:
        found = _look(asked, url, data, today)
        _show(found, as_json)
        if found.above_limit:
            raise typer.Exit(ABOVE_LIMIT)
        if not found.feasible:
            raise typer.Exit(NOT_FEASIBLE)
        if not watch:
            return
        time.sleep(every)


def _look(asked: ProcureAsked, url: str, data: Path | None, today: str) -> Procured:
    if url:
        return ask_market(url, "/api/procure", asked, Procured)
    with known_index(data, day_of(today) if today else None) as index:
        return procure_of(index, asked)


def _show(found: Procured, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(found).decode(), flush=True)
        return
    for part in parts(found):
        Console().print(part, highlight=False)


def parts(found: Procured) -> Iterator[RenderableType]:
    """Yield the answer in parts."""
    if found.feasible and found.cost_usd and found.usd_per_useful_hour:
        cost = rounded(found.cost_usd, 2)
        yield (
            f"{found.gpu_hours:,} GPU-hours for ${cost:,}, {_usd(found.usd_per_useful_hour)} a "
            f"useful hour; prices as of {found.as_of}."
        )
        yield _chosen(found)
    else:
        yield f"No way: {found.reason}."
    if found.limit_usd is not None:
        side = "above" if found.above_limit else "within"
        yield f"That is {side} the limit of {_usd(found.limit_usd)}."
    if found.auction.price_usd is not None:
        yield f"The auction cleared at {_usd(found.auction.price_usd)}: {found.auction.reason}."
    for words in found.assumptions:
        yield f"Assumed: {words}."
    if found.passed:
        yield _passed(found)


def _chosen(found: Procured) -> Table:
    table = plain_table("Take", "venue")
    for name in ("chip", "tenor", "GPUs", "paid hours", "price", "useful hour", "cost"):
        table.add_column(name, justify="left" if name in ("chip", "tenor") else "right")
    for each in found.chosen:
        gpus = f"{each.gpus}" if each.gpus == each.gpus_paid else f"{each.gpus} of {each.gpus_paid}"
        table.add_row(
            each.venue,
            f"{each.chip} {each.form}".strip(),
            each.tenor,
            gpus,
            f"{rounded(each.paid_hours, 0)}",
            _usd(each.price_usd),
            _usd(each.usd_per_useful_hour),
            _usd(each.cost_usd),
        )
    return table


def _passed(found: Procured) -> Table:
    table = plain_table(f"Passed over: {found.passed_in_all}, the cheapest first", "venue")
    for name in ("chip", "tenor", "price", "useful hour", "why not"):
        is_word = name in ("chip", "tenor", "why not")
        table.add_column(name, justify="left" if is_word else "right")
    for each in found.passed[:12]:
        useful = "" if each.usd_per_useful_hour is None else _usd(each.usd_per_useful_hour)
        chip = f"{each.chip} {each.form}".strip()
        table.add_row(each.venue, chip, each.tenor, _usd(each.price_usd), useful, each.reason)
    return table


def _usd(text: str) -> str:
    return f"${rounded(text, 4):,}"
