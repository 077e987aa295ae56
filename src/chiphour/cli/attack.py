"""ATTACK: `chiphour attack SERIES DATE`: what it would cost to move a fix, and how far it goes.

Takes   a series, a day; the archive of the data folder (an empty one first reads the shipped
        recordings).
Gives   a table in a trader's words, or one JSON object under the names of the record.
Keeps   exit code 1 for a series that does not exist; a day without a fix says so.
Source  docs/methodology/attack-cost.md; decision 0022.
"""

import json
from collections.abc import Iterator
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from chiphour.adapters.attack import attack_of
from chiphour.cli.fix import day_of
from chiphour.cli.fix import filled_archive
from chiphour.cli.fix import series_of
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.index.attack import AVERAGED
from chiphour.index.attack import NO_PURCHASE
from chiphour.index.attack import AttackCost
from chiphour.index.attack import Capture
from chiphour.index.attack import Move
from chiphour.index.attack import Rent
from chiphour.index.attack_capture import Shift
from chiphour.publish.attack import ATTACK
from chiphour.publish.columns import object_of
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import div_ceil
from chiphour.units import div_floor
from chiphour.units import percent_from_ppm
from chiphour.units import text_from_ticks

SeriesArgument = Annotated[
    str, typer.Argument(metavar="SERIES", help="Such as CHR.H100.SXM.OD or h100-sxm-od.")
]
DayArgument = Annotated[str, typer.Argument(metavar="DATE", help="Day of the strike, UTC.")]
SourceOption = Annotated[str, typer.Option("--source", help="Use this source alone.")]

Row = tuple[str, str]
NUMBERS = {1: "one member", 2: "two members", 3: "three members"}


def add_to(app: typer.Typer) -> None:
    """Add the command `attack`."""
    app.command("attack")(attack)


def attack(
    series: SeriesArgument,
    day: DayArgument,
    source: SourceOption = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Price an attack on a fix: what a one per cent move costs, what captured venues can do."""
    wanted, on = series_of(series), day_of(day)
    with filled_archive(data) as archive:
        found = attack_of(archive, wanted, on, source)
    if as_json:
        print(json.dumps(object_of(ATTACK, found)))
    elif found.fix_ticks is None:
        members = "1 member" if found.members == 1 else f"{found.members} members"
        print(f"{found.series} has no fix on {on}: {members} had a price. Nothing to attack.")
    else:
        Console().print(_table(found, on.isoformat()))


def _table(found: AttackCost, day: str) -> Table:
    assert found.fix_ticks is not None
    price = text_from_ticks(found.fix_ticks)
    title = f"{found.series} on {day}: ${price} from {found.members} members"
    table = Table(title=title, box=box.SIMPLE, show_header=False, title_justify="left")
    table.add_column(ratio=1)
    table.add_column(ratio=2)
    for what, answer in _rows(found):
        table.add_row(what, answer)
    return table


def _rows(found: AttackCost) -> Iterator[Row]:
    percent = percent_from_ppm(found.move_ppm)
    for sign, move in (("+", found.up), ("-", found.down)):
        assert move is not None
        yield from _of_move(f"{sign}{percent} %", move)
    for capture in found.captured:
        yield from _of_capture(capture)
    yield "members to move it without bound", f"{found.breakdown} of {found.members}"
    if found.most_heard:
        share = f"{percent_from_ppm(found.most_heard_ppm or 0)} %"
        yield "most heard", f"{found.most_heard}: {share} of the fix's sensitivity"
    assert found.notional is not None
    if not any(found.notional):
        yield "safe notional", "no limit by renting: only captured or silent members move it"
        return
    hour, hours, carried, carrieds = (_dollars(amount) for amount in found.notional)
    yield "safe notional, rented for an hour", f"{hour}; {hours} on an average of {AVERAGED}"
    yield "safe notional, as long as carried", f"{carried}; {carrieds} on an average of {AVERAGED}"


def _dollars(amount_nanousd: int | None) -> str:
    """Write dollars, rounded down: a position below that is not worth the attack."""
    return (
        "not found"
        if amount_nanousd is None
        else f"${div_floor(amount_nanousd, NANOUSD_PER_USD):,}"
    )


def _of_move(what: str, move: Move) -> Iterator[Row]:
    if move.hour is None or move.carried is None:
        bound = move.hour_at_least_nanousd
        said = "" if bound is None else f"; at least {_dollars(bound)}"
        yield f"rent {what}", f"nothing to buy: {NO_PURCHASE[move.reason]}{said}"
    else:
        yield f"rent {what}, for an hour", _rent(move.hour, move.hour_at_least_nanousd)
        yield f"rent {what}, as long as carried", _rent(move.carried, move.carried_at_least_nanousd)
    if move.reason == "NO_BOOK":
        return
    if move.listings is None:
        yield f"false listings {what}", "none suffice, in any one book"
    else:
        hosts = "" if move.listings.hosts is None else f", of {move.listings.hosts} hosts at least"
        yield f"false listings {what}", f"{move.listings.listings} at {move.listings.venue}{hosts}"


def _rent(rent: Rent, at_least_nanousd: int | None) -> str:
    cost = f"${div_ceil(rent.cost_nanousd, NANOUSD_PER_USD):,}"
    venues = " and ".join(rent.venues)
    machines = "1 machine" if rent.machines == 1 else f"{rent.machines} machines"
    found = (
        "the least" if rent.least else f"a cheaper way costs at least {_dollars(at_least_nanousd)}"
    )
    moves = f"moves it {_percent(rent.shift_ppm)}"
    return f"{cost}: {machines}, {rent.gpus} GPUs at {venues}; {moves}; {found}"


def _of_capture(capture: Capture) -> Iterator[Row]:
    who = NUMBERS[capture.members]
    yield f"{who} captured", f"{_shift(capture.up)}, {_shift(capture.down)}"
    silence = capture.silence
    if silence.up is None or silence.down is None:
        yield f"{who} silent", "no fix"
        return
    lost = f"; no fix in {silence.suppressed} cases" if silence.suppressed else ""
    shifts = f"{_percent(silence.up.shift_ppm)}, {_percent(silence.down.shift_ppm)}"
    yield f"{who} silent", f"{shifts}, grade {silence.grade} at worst{lost}"


def _shift(shift: Shift) -> str:
    return "without bound" if shift.unbounded else _percent(shift.shift_ppm)


def _percent(rate_ppm: int) -> str:
    sign = "+" if rate_ppm > 0 else ""
    return f"{sign}{percent_from_ppm(rate_ppm)} %"
