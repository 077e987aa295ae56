"""DELIVERY: one obligation from its first reading to the figure that nobody can dispute any more.

Takes   signed readings of the supplier, of the buyer that disputes, of the market's own meter,
        each with the time at which it came.
Gives   the case after each step; what counts of every hour, once it is resolved.
Keeps   one outcome for the same readings, in whatever order they came; nothing admitted after
        its time; a final case unchangeable.
Source  docs/formulation/runs.md, section 9, equations 20 and 21.

    submitted ──no dispute──────────────────────────────▶ final
        │                                                   ▲
        └──buyer's reading──▶ disputed ──▶ resolved ────────┘
                               probes: until resolved, and in the correction window
"""

from collections.abc import Iterator
from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Any
from typing import NamedTuple

from chiphour.auction.fields import ACCOUNT_MAX
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.instance import canonical
from chiphour.auction.meter import CHIP_SECONDS_PER_HUNDREDTH
from chiphour.auction.meter import Segment
from chiphour.auction.meter import Signed
from chiphour.auction.meter import accepted
from chiphour.auction.meter import from_json as reading_from_json
from chiphour.auction.meter import hundredths
from chiphour.auction.meter import is_known
from chiphour.auction.meter import per_hour
from chiphour.auction.meter import segments_of
from chiphour.auction.meter import to_json as reading_to_json
from chiphour.auction.obligations import Obligation
from chiphour.auction.obligations import from_json as obligation_from_json
from chiphour.auction.obligations import to_json as obligation_to_json
from chiphour.auction.record import json_value
from chiphour.auction.record import read_record
from chiphour.auction.shortfall import Delivery
from chiphour.units import NS_PER_HOUR
from chiphour.units import PPM
from chiphour.units import iso_from_ns

CASE_SCHEMA = "chiphour.auction.case/1"
HOURS_MAX = 24 * 366


class State(StrEnum):
    """Where a case stands."""

    SUBMITTED = "submitted"  # The supplier's readings count, unless disputed in time.
    DISPUTED = "disputed"  # The buyer has another reading; the market's meter may be heard.
    RESOLVED = "resolved"  # What counts is known; a probe may still correct it.
    FINAL = "final"


class Window(NamedTuple):
    """The times of a case, in hours, each counted from the end of the one before.

    `reading_hours` from the end of the obligation for the supplier's readings, `dispute_hours`
    for the buyer's, `probe_hours` for the market's, `correction_hours` until final. A difference
    of up to `tolerance_ppm` of what was awarded for an hour is no dispute.
    """

    reading_hours: int
    dispute_hours: int
    probe_hours: int
    correction_hours: int
    tolerance_ppm: int


class Case(NamedTuple):
    """One obligation, and all that was read of it, each side in order of time."""

    obligation: Obligation
    window: Window
    meter_account: int
    state: State
    readings: tuple[Signed, ...]
    counters: tuple[Signed, ...]
    probes: tuple[Signed, ...]

    @property
    def readings_until_ns(self) -> int:
        """Give the time from which the supplier's readings come too late."""
        return self.obligation.end_ns + self.window.reading_hours * NS_PER_HOUR

    @property
    def disputed_until_ns(self) -> int:
        """Give the time from which the buyer's readings come too late."""
        return self.readings_until_ns + self.window.dispute_hours * NS_PER_HOUR

    @property
    def resolved_ns(self) -> int:
        """Give the time at which a dispute is resolved."""
        return self.disputed_until_ns + self.window.probe_hours * NS_PER_HOUR

    @property
    def final_ns(self) -> int:
        """Give the time from which a resolved case is final."""
        return self.resolved_ns + self.window.correction_hours * NS_PER_HOUR


def opened(obligation: Obligation, window: Window, meter_account: int) -> Case:
    """Open the case of an obligation. `meter_account` is the market's own meter."""
    return Case(obligation, window, meter_account, State.SUBMITTED, (), (), ())


def advanced(case: Case, at_ns: int) -> Case:
    """Give the case as time alone has made it."""
    state = case.state
    if state is State.SUBMITTED and at_ns >= case.disputed_until_ns:
        state = State.FINAL
    if state is State.DISPUTED and at_ns >= case.resolved_ns:
        state = State.RESOLVED
    if state is State.RESOLVED and at_ns >= case.final_ns:
        state = State.FINAL
    return case._replace(state=state)


def submitted(case: Case, signed: Signed, at_ns: int) -> Case:
    """Admit a reading of the supplier; raises RequestMalformed when it is late or unfit."""
    case = advanced(case, at_ns)
    if is_known(case.readings, signed.reading):
        return case
    _check_time("reading", at_ns, case.readings_until_ns)
    account = case.obligation.supplier
    return case._replace(readings=accepted(case.obligation, case.readings, signed, account))


def disputed(case: Case, signed: Signed, at_ns: int) -> Case:
    """Admit a reading of the buyer: the case is disputed; raises RequestMalformed likewise."""
    case = advanced(case, at_ns)
    if is_known(case.counters, signed.reading):
        return case
    _check_time("counter-reading", at_ns, case.disputed_until_ns)
    counters = accepted(case.obligation, case.counters, signed, case.obligation.buyer)
    return case._replace(state=State.DISPUTED, counters=counters)


def probed(case: Case, signed: Signed, at_ns: int) -> Case:
    """Admit a reading of the market's meter, of a disputed case until it is final."""
    case = advanced(case, at_ns)
    if is_known(case.probes, signed.reading):
        return case
    if case.state not in (State.DISPUTED, State.RESOLVED):
        raise RequestMalformed(f"probe: expected a case in dispute, found one {case.state}")
    probes = accepted(case.obligation, case.probes, signed, case.meter_account)
    return case._replace(probes=probes)


def metered_hundredths(case: Case) -> tuple[int, ...]:
    """Give what counts of each hour (equations 20 and 21), in hundredths, rounded down.

    Raises RequestMalformed while that can still change for want of time.
    """
    if case.state not in (State.RESOLVED, State.FINAL):
        raise RequestMalformed(f"case: expected one resolved or final, found one {case.state}")
    owed = case.obligation
    own = per_hour(owed, segments_of(owed, case.readings))
    if not case.counters:
        return hundredths(own)
    sides = [
        segments_of(owed, readings) for readings in (case.readings, case.counters, case.probes)
    ]
    other = per_hour(owed, ((a, b, _buyers(found)) for a, b, found in _laid_over(sides)))
    ruled = per_hour(owed, ((a, b, _twice(found)) for a, b, found in _laid_over(sides)))
    counted = []
    for hour, awarded in enumerate(owed.awarded_hundredths):
        most = awarded * CHIP_SECONDS_PER_HUNDREDTH
        agreed = abs(own[hour] - other[hour]) * PPM <= most * case.window.tolerance_ppm
        counted.append(own[hour] if agreed else min(ruled[hour] // 2, most))
    return hundredths(counted)


def deliveries(case: Case) -> tuple[Delivery, ...]:
    """Give what counts of each hour as deliveries, to be settled."""
    found, owed = metered_hundredths(case), case.obligation
    return tuple(
        Delivery(owed.hash, owed.supplier, owed.buyer, *owed.slot(hour), awarded, metered)
        for hour, (awarded, metered) in enumerate(zip(owed.awarded_hundredths, found, strict=True))
    )


def to_json(case: Case) -> bytes:
    """Write a case as canonical JSON."""
    sides = {"readings": case.readings, "counters": case.counters, "probes": case.probes}
    return canonical(
        {
            "schema": CASE_SCHEMA,
            "obligation": json_value(obligation_to_json(case.obligation), "obligation"),
            "window": window_fields(case.window),
            "meter": case.meter_account,
            "state": case.state.value,
            **{
                name: [json_value(reading_to_json(signed), name) for signed in readings]
                for name, readings in sides.items()
            },
        }
    )


def from_json(body: bytes) -> Case:
    """Read a case; raises RequestMalformed where a part of it could not have been admitted."""
    return read_record(body, "case", CASE_SCHEMA, _read)


def window_fields(window: Window) -> dict[str, Any]:
    """Write the times of a case as JSON fields."""
    return window._asdict()


def read_window(fields: Fields) -> Window:
    """Read the times of a case; raises RequestMalformed."""
    return Window(
        fields.integer("reading_hours", 0, HOURS_MAX),
        fields.integer("dispute_hours", 0, HOURS_MAX),
        fields.integer("probe_hours", 0, HOURS_MAX),
        fields.integer("correction_hours", 0, HOURS_MAX),
        fields.integer("tolerance_ppm", 0, PPM),
    )


def _read(fields: Fields) -> Case:
    obligation = obligation_from_json(canonical(fields.raw("obligation")))
    window = Fields(fields.raw("window"), f"{fields.path}.window")
    account = fields.integer("meter", 1, ACCOUNT_MAX)
    state = fields.text("state")
    if state not in list(State):
        raise fields.refuse("state", " or ".join(State), state)
    case = opened(obligation, read_window(window), account)._replace(state=State(state))
    window.exhausted()
    case = case._replace(
        readings=_read_side(fields, "readings", obligation, obligation.supplier),
        counters=_read_side(fields, "counters", obligation, obligation.buyer),
        probes=_read_side(fields, "probes", obligation, account),
    )
    quiet, loud = (State.SUBMITTED, State.FINAL), (State.DISPUTED, State.RESOLVED, State.FINAL)
    if state not in (loud if case.counters else quiet) or (case.probes and not case.counters):
        raise fields.refuse("state", "one that its readings lead to", state)
    return case


def _read_side(
    fields: Fields, name: str, obligation: Obligation, account: int
) -> tuple[Signed, ...]:
    values = fields.raw(name)
    if not isinstance(values, list):
        raise fields.refuse(name, "a list", values)
    readings: tuple[Signed, ...] = ()
    for value in values:
        readings = accepted(obligation, readings, reading_from_json(canonical(value)), account)
    return readings


def _check_time(name: str, at_ns: int, until_ns: int) -> None:
    if at_ns >= until_ns:
        raise RequestMalformed(
            f"{name}: expected before {iso_from_ns(until_ns)}, found {iso_from_ns(at_ns)}"
        )


_Found = tuple[int | None, int | None, int | None]  # The supplier's, the buyer's, the market's.


def _laid_over(sides: Sequence[Sequence[Segment]]) -> Iterator[tuple[int, int, _Found]]:
    """Yield the seconds between two edges of any side, with the chips that each side saw."""
    edges = sorted({edge for side in sides for begins, ends, _ in side for edge in (begins, ends)})
    places = [0, 0, 0]
    for begins, ends in pairwise(edges):
        found: list[int | None] = [None, None, None]
        for number, side in enumerate(sides):
            while places[number] < len(side) and side[places[number]][1] <= begins:
                places[number] += 1
            if places[number] < len(side) and side[places[number]][0] <= begins:
                found[number] = side[places[number]][2]
        yield begins, ends, (found[0], found[1], found[2])


def _buyers(found: _Found) -> int:
    """Give what the buyer accepts of a second: its own reading, or the supplier's unread."""
    supplier, buyer, _ = found
    return buyer if buyer is not None else supplier or 0


def _twice(found: _Found) -> int:
    """Give twice what counts of a disputed second (equation 21)."""
    supplier, probe = found[0] or 0, found[2]
    buyer = _buyers(found)
    if probe is None:
        return supplier + buyer
    return 2 * sorted((supplier, buyer, probe))[1]
