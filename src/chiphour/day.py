"""DAY: the spine. One market day in six steps: observe, fix, trade, clear, settle, publish.

Takes   a date, and a `World` that can show observations, submit commands, let members trade,
        gather bids, solve, and write files.
Gives   what happened, as a `MarketDay`; its files are written.
Keeps   the order of the steps in one place. It is the only module that knows all six, so none
        of them needs to know another. A day that was broken off can be run again: what the
        journal already holds is not done twice. Each step may be called on its own, late, or again
        after a fault between any two of its acts: it asks the journal and the files, not a memory.
Source  ARCHITECTURE.md; decisions 0011 and 0033.

The day of date D begins with the strike at 00:30 UTC of D and ends with the settlement at
00:30 UTC of D + 1. The fix of D is known five minutes after its strike.
"""

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import timedelta
from typing import NamedTuple
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from chiphour.auction.clear import clear
from chiphour.auction.instance import Instance
from chiphour.auction.model import Program
from chiphour.auction.result import Result
from chiphour.auction.solve import Basis
from chiphour.auction.solve import Solution
from chiphour.contracts.cycle import listed_on
from chiphour.exchange import commands as c
from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.compose import listing
from chiphour.exchange.reasons import Reason
from chiphour.index import v2026_1
from chiphour.index.fixing import Fixing
from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.series import BY_TICKER
from chiphour.index.series import FILTERED_FROM
from chiphour.ledger.transfer import Transfer
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import Observation
from chiphour.publish.files import DayRecords
from chiphour.publish.files import auction_files
from chiphour.publish.files import day_files
from chiphour.publish.files import run_file
from chiphour.publish.market import MarketRelease
from chiphour.units import MICROUSD_PER_TICK
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import strike_ns

Rows = NDArray[np.int64]

UNDERLYING = "CHR.H100.SXM.OD"  # The series that the first contracts settle on.
KNOWN_AFTER_NS = 5 * NS_PER_MINUTE  # The batch closes, and the fix is known.
CLEARED_AFTER_NS = 12 * NS_PER_HOUR  # The auction's gate closes at 12:30 UTC.


class CommandRefused(MarketError):
    """The exchange refused what a market day had to tell it."""


class Cleared(NamedTuple):
    """An auction run: what was given, and what came out."""

    instance: Instance
    result: Result


class MarketDay(NamedTuple):
    """What a day gave. `events` are all events of the exchange since its strike, int64[n, 16]."""

    day: date
    fixings: tuple[Fixing, ...]
    clearing: Cleared | None
    events: Rows
    files: Mapping[str, bytes]


class World(Protocol):
    """All that a market day needs of the world. One class in `adapters` provides it."""

    @property
    def time_ns(self) -> int:
        """Give the market time: that of the last command."""

    def observe(self, day: date) -> Sequence[Observation]:
        """Give the observations that may enter the fix of a day."""

    def close_batch(self, day: date) -> None:
        """Put into the log which rows come in with the strike of a day, unless it is there."""

    def previous(
        self, day: date, parameter_set: str = V2026_1.parameter_set
    ) -> Mapping[str, Fixing]:
        """Give, by ticker, the last fixing before a day that is not suppressed, as known then."""

    def fixings(
        self, day: date, as_of_ns: int, parameter_set: str = V2026_1.parameter_set
    ) -> Sequence[Fixing]:
        """Give the fixings of a day as known at a time; none when it was not fixed by then."""

    def keep(self, fixings: Sequence[Fixing]) -> None:
        """Keep and log fixings for good; keeping the same again changes nothing."""

    def contracts(self) -> Mapping[str, int]:
        """Give the number of each contract ever listed, by name."""

    def free_contracts(self) -> Sequence[int]:
        """Give the numbers that new contracts may take, in the order in which to take them."""

    def told(self, day: date) -> Collection[tuple[int, int]]:
        """Give what the exchange heard of a strike: the number of a series, and the vintage."""

    def has_fit_fix(self, index: int) -> bool:
        """Tell whether the exchange knows a fix of a series that is fit for settlement."""

    def submit(self, rows: Rows) -> Rows:
        """Put commands into the journal and through the exchange; give their events."""

    def trade(self, until_ns: int) -> None:
        """Let the members act until a market time; returns when it is reached."""

    def paid(self, run: int) -> Collection[int]:
        """Give the items of an auction run whose transfers the journal holds."""

    def gather(self, day: date) -> Instance | None:
        """Give the sealed bids and offers of a day's auction; None when nobody bid.

        Once the run is written they are what was written, whatever came in since.
        """

    def solve(self, program: Program, basis: Basis | None = None) -> Solution:
        """Solve one linear program in a process of its own."""

    def events_since(self, time_ns: int) -> Rows:
        """Give the events of the exchange at or after a market time."""

    def release(self, day: date) -> MarketRelease:
        """Give all that the page of a day is made from."""

    def names(self) -> Mapping[int, str]:
        """Give the names of the members whose accounts may be shown, by account."""

    def write(self, day: date, files: Mapping[str, bytes]) -> None:
        """Write the files of a day's release."""


def run_day(day: date, world: World) -> MarketDay:
    """Run one market day; a step that the journal already holds is passed over."""
    strike = strike_ns(day)
    fixings = fix(day, world)
    world.trade(strike + KNOWN_AFTER_NS)
    tell_fix(day, world)
    list_due(day, world)
    world.trade(strike + CLEARED_AFTER_NS)
    clearing = clear_day(day, world)
    world.trade(strike + NS_PER_DAY)
    settle_day(day, world)
    events, files = publish_day(day, world)
    return MarketDay(day, tuple(fixings), clearing, events, files)


def fix(day: date, world: World) -> Sequence[Fixing]:
    """Observe and fix by every parameter set: one fixing for each series, kept, or as it was kept.

    Those of the day before become final first, then the batch of rows is logged, then they are
    looked at. Gives what the set in force says.
    """
    strike = strike_ns(day)
    kept = world.fixings(day, strike + KNOWN_AFTER_NS)
    if kept:
        return kept
    world.keep(final_fixings(day - timedelta(days=1), world))
    world.close_batch(day)
    previous = {name: world.previous(day, name) for name in SETS}
    found = v2026_1.fix_sets(world.observe(day), strike, previous)
    world.keep([fixing for name in SETS for fixing in found[name]])
    return found[V2026_1.parameter_set]


def final_fixings(day: date, world: World) -> list[Fixing]:
    """Give the final word, known a day after the strike, where the last one was provisional."""
    final_ns = strike_ns(day) + NS_PER_DAY
    kept = [world.fixings(day, final_ns, name) for name in SETS]
    return [
        v2026_1.as_final(fixing)
        for of_set in kept
        for fixing in of_set
        if fixing.vintage == "provisional"
    ]


def tell_fix(day: date, world: World) -> None:
    """Tell the exchange the fixings of a day, and the final word on those of the day before.

    What is final for the exchange is kept and published as final too. The exchange hears what was
    known at that time: no event of later changes what it settled on.
    """
    strike = strike_ns(day)
    before = day - timedelta(days=1)
    final = world.fixings(before, strike)
    if any(fixing.vintage == "provisional" for fixing in final):
        world.keep(final_fixings(before, world))
        final = world.fixings(before, strike)
    rows = fixing_commands(final, world.fixings(day, strike + KNOWN_AFTER_NS))
    heard = {strike_ns(each): world.told(each) for each in (before, day)}
    names = rows[:, (c.INDEX, c.VINTAGE, c.STRIKE_NS)].tolist()
    is_new = [(index, vintage) not in heard[of_ns] for index, vintage, of_ns in names]
    submit(f"fixings of {day}", rows[is_new], world)


def list_due(day: date, world: World) -> None:
    """List the contracts that must be open on this day, once their index has a fit fix.

    Raises CommandRefused when the exchange has no number left for one.
    """
    index = BY_TICKER[UNDERLYING].number
    if not world.has_fit_fix(index):
        return
    known = world.contracts()
    wanted = listed_on(day, UNDERLYING, index)
    due = [contract for contract in wanted if contract.name not in known]
    free = world.free_contracts()
    if len(due) > len(free):
        raise CommandRefused(
            f"listings of {day}: expected {len(due)} free numbers of contracts, found {len(free)}"
        )
    for number, contract in zip(free, due, strict=False):
        submit(f"listing of {contract.name}", listing(number, contract.lower()), world)


def clear_day(day: date, world: World) -> Cleared | None:
    """Clear the day's auction and post its transfers; None when nobody bid.

    The run is written first: cleared again after a stop, it is the same run with the same result.
    """
    instance = world.gather(day)
    if instance is None:
        return None
    world.write(day, run_file(instance))
    result = clear(instance, world.solve)
    paid = world.paid(instance.run)
    left = [transfer for transfer in result.transfers if transfer.item not in paid]
    submit(f"auction run {result.run}", transfer_commands(left), world)
    world.write(day, auction_files(instance, result))
    return Cleared(instance, result)


def settle_day(day: date, world: World) -> None:
    """Let time reach the next strike: the exchange settles every contract on the way, once."""
    if world.time_ns < strike_ns(day) + NS_PER_DAY:
        world.submit(settlement_commands(day))


def publish_day(day: date, world: World) -> tuple[Rows, Mapping[str, bytes]]:
    """Write the files of a day that was settled; give its events, settlement included, and them.

    What happened at the very instant of the next strike is in the files of the day that begins.
    """
    strike = strike_ns(day)
    events = world.events_since(strike)
    times = events[:, e.TIME_NS]
    of_day = events[times < strike + NS_PER_DAY]
    files = day_files(DayRecords(world.release(day), of_day, world.names()))
    world.write(day, files)
    return events[times <= strike + NS_PER_DAY], files


def submit(what: str, rows: Rows, world: World) -> None:
    """Submit commands of our own; raises CommandRefused when the exchange refuses one."""
    events = world.submit(rows)
    for row in events[events[:, e.KIND] == e.Kind.REFUSED].tolist():
        raise CommandRefused(
            f"{what}: expected every command to be taken, found {Reason(row[e.REASON]).name} at "
            f"sequence {row[e.SEQUENCE]}, account {row[e.ACCOUNT]}"
        )


def fixing_commands(final: Sequence[Fixing], provisional: Sequence[Fixing]) -> Rows:
    """Give the FIXING commands of a strike: yesterday's become final, then today's come.

    Narrower series are not traded: the exchange holds an index for each of the others only.
    """
    rows = [_fixing_command(fixing, Vintage.FINAL) for fixing in _traded(final)]
    rows += [_fixing_command(fixing, Vintage.PROVISIONAL) for fixing in _traded(provisional)]
    return commands(rows)


def transfer_commands(transfers: Sequence[Transfer]) -> Rows:
    """Give the TRANSFER commands of an auction run."""
    return commands(
        [
            command(
                Kind.TRANSFER,
                account=transfer.source,
                target=transfer.target,
                amount_microusd=transfer.amount_microusd,
                run=transfer.run,
                item=transfer.item,
            )
            for transfer in transfers
        ]
    )


def settlement_commands(day: date) -> Rows:
    """Give the command that settles a day: time reaches the next strike."""
    return commands([command(Kind.ADVANCE, time_ns=strike_ns(day) + NS_PER_DAY)])


def _traded(fixings: Sequence[Fixing]) -> list[Fixing]:
    return [f for f in fixings if BY_TICKER[f.series].number < FILTERED_FROM]


def _fixing_command(fixing: Fixing, vintage: Vintage) -> Rows:
    value = fixing.fix_ticks * MICROUSD_PER_TICK if fixing.fit and fixing.fix_ticks else 0
    late_ns = NS_PER_DAY if vintage == Vintage.FINAL else 0
    return command(
        Kind.FIXING,
        time_ns=fixing.strike_ns + late_ns + KNOWN_AFTER_NS,
        index=BY_TICKER[fixing.series].number,
        strike_ns=fixing.strike_ns,
        vintage=vintage,
        fit=int(value > 0),
        value_microusd=value,
    )
