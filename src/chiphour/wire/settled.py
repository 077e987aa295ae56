"""SETTLED: what was funded, settled and delivered, as the dialect's histories have it.

Takes   events in order; the contracts by number.
Gives   the answers of `public/get_funding_rate_history`, `get_funding_rate_value`,
        `get_last_settlements_by_instrument` and `get_delivery_prices`.
Keeps   the last FUNDED_KEPT and SETTLED_KEPT of each contract, and the last DELIVERED_KEPT of each
        index. Rates are summed as whole numbers and divided once.
Source  Deribit's API v2; rulebook 5.2, 8.1, 8.3 to 8.7; decision 0030.

The rate of a FUNDED is of 8 hours, in ppm toward zero: the amounts of the accounts decide. A
settlement of a contract that has stopped is a delivery. What a contract was delivered at is known
when it is EXPIRED; a calendar's difference and an average are no prices of their index.
It raises nothing.
"""

from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from chiphour.contracts import table
from chiphour.exchange import events as said
from chiphour.exchange.compose import Rows
from chiphour.exchange.events import Kind as Event
from chiphour.units import day_from_ns
from chiphour.units import div_half_even
from chiphour.wire import dialect
from chiphour.wire.dialect import Instrument
from chiphour.wire.picked import kinds
from chiphour.wire.picked import picked

FUNDED_KEPT = 5_000
SETTLED_KEPT = 1_000
DELIVERED_KEPT = 1_000
COUNT_DEFAULT, COUNT_MAX = 20, 1_000
HOURS_OF_RATE = 8
RATE_DIGITS = 12  # After the point, of a sum of rates.
TYPES = ("settlement", "delivery", "bankruptcy")  # The last never comes: losses are settled in 7.

_RATE_PERIOD_S = HOURS_OF_RATE * 3600
_PPM_DIGITS = 6
_WANTED = kinds(Event.FUNDED, Event.SETTLED, Event.EXPIRED, Event.LISTED)
_ENDED = 1  # The REASON of an EXPIRED that leaves positions at zero.
_NO_MORE = "none"


class Funded(NamedTuple):
    """One funding of a contract."""

    time_ns: int
    index_microusd: int
    previous_index_microusd: int
    rate_ppm: int  # Of 8 hours.
    period_s: int


class Settlement(NamedTuple):
    """One settlement of a contract, counted from 1."""

    number: int
    time_ns: int
    is_delivery: bool
    index_microusd: int
    mark_microusd: int
    per_lot_microusd: int


class Settled:
    """Fundings, settlements and deliveries, folded from all events in order."""

    def __init__(self) -> None:
        """Begin without any."""
        self._funded: dict[int, deque[Funded]] = {}
        self._settled: dict[int, deque[Settlement]] = {}
        self._stopped: set[int] = set()
        self._delivered: dict[str, dict[str, int]] = {}  # Index -> day -> price.

    def hear(self, events: Rows, by_number: Mapping[int, Instrument]) -> None:
        """Fold events; `by_number` names the contracts that they are of."""
        for event in picked(events, _WANTED):
            kind, contract = event[said.KIND], event[said.CONTRACT]
            if kind == Event.FUNDED:
                self._fund(contract, event)
            elif kind == Event.SETTLED:
                self._settle(contract, event)
            elif kind == Event.EXPIRED:
                self._stopped.add(contract)
                if event[said.REASON] == _ENDED and contract in by_number:
                    self._deliver(by_number[contract])
            else:  # LISTED: another contract takes the number.
                self._stopped.discard(contract)
                self._funded.pop(contract, None)
                self._settled.pop(contract, None)

    def funding_history(
        self, listed: Instrument, start_ms: int, end_ms: int
    ) -> list[dict[str, object]]:
        """Say what `public/get_funding_rate_history` says: after the start, up to the end."""
        return [
            {
                "timestamp": dialect.ms_of_ns(each.time_ns),
                "index_price": dialect.from_millionths(each.index_microusd),
                "prev_index_price": dialect.from_millionths(each.previous_index_microusd),
                "interest_8h": dialect.from_millionths(each.rate_ppm),
                "interest_1h": rate(each.rate_ppm * 3600),
                "interest_period": rate(each.rate_ppm * each.period_s),
            }
            for each in self._within(listed, start_ms, end_ms)
        ]

    def funding_value(self, listed: Instrument, start_ms: int, end_ms: int) -> Decimal:
        """Give what `public/get_funding_rate_value` gives: the sum of the rates of a span."""
        found = self._within(listed, start_ms, end_ms)
        return rate(sum(each.rate_ppm * each.period_s for each in found))

    def settlements(
        self,
        listed: Instrument,
        type: str | None = None,
        count: int = COUNT_DEFAULT,
        start_ms: int | None = None,
        continuation: int | None = None,
    ) -> dict[str, object]:
        """Say what `public/get_last_settlements_by_instrument` says, the newest first.

        `start_ms` is the latest time to begin from, `continuation` what the answer before gave.
        """
        assert 0 < count <= COUNT_MAX and (type is None or type in TYPES)
        found = [
            each
            for each in reversed(self._settled.get(listed.number, ()))
            if type in (None, _type_of(each))
            and (start_ms is None or dialect.ms_of_ns(each.time_ns) <= start_ms)
            and (continuation is None or each.number <= continuation)
        ]
        page = [_settlement_object(each, listed) for each in found[:count]]
        more = str(found[count].number) if len(found) > count else _NO_MORE
        return {"settlements": page, "continuation": more}

    def delivery_prices(self, price_index: str, offset: int = 0, count: int = 10) -> object:
        """Say what `public/get_delivery_prices` says of an index, the newest first."""
        assert offset >= 0 and 0 < count <= COUNT_MAX
        days = sorted(self._delivered.get(price_index, {}).items(), reverse=True)
        data = [
            {"date": day, "delivery_price": dialect.from_millionths(price)}
            for day, price in days[offset : offset + count]
        ]
        return {"data": data, "records_total": len(days)}

    def _fund(self, contract: int, event: list[int]) -> None:
        kept = self._funded.setdefault(contract, deque(maxlen=FUNDED_KEPT))
        index_microusd = event[said.INDEX_MICROUSD]
        previous = kept[-1].index_microusd if kept else index_microusd
        rate_ppm, period_s = event[said.RATE_PPM], event[said.PERIOD_S]
        kept.append(Funded(event[said.TIME_NS], index_microusd, previous, rate_ppm, period_s))

    def _settle(self, contract: int, event: list[int]) -> None:
        kept = self._settled.setdefault(contract, deque(maxlen=SETTLED_KEPT))
        kept.append(
            Settlement(
                kept[-1].number + 1 if kept else 1,
                event[said.TIME_NS],
                contract in self._stopped,
                event[said.INDEX_MICROUSD],
                event[said.MARK_MICROUSD],
                event[said.PER_LOT_MICROUSD],
            )
        )

    def _deliver(self, listed: Instrument) -> None:
        """Keep what a contract was delivered at as the price of its index on that day."""
        kept, row = self._settled.get(listed.number), listed.row
        if not kept or row[table.LEG_FAR] >= 0 or row[table.AVERAGE_DAYS]:
            return
        days = self._delivered.setdefault(listed.price_index, {})
        days[day_from_ns(int(row[table.EXPIRY_NS])).isoformat()] = kept[-1].mark_microusd
        if len(days) > DELIVERED_KEPT:
            del days[min(days)]

    def _within(self, listed: Instrument, start_ms: int, end_ms: int) -> list[Funded]:
        return [
            each
            for each in self._funded.get(listed.number, ())
            if start_ms < dialect.ms_of_ns(each.time_ns) <= end_ms
        ]


def rate(ppm_seconds: int) -> Decimal:
    """Give rates of 8 hours in ppm, each times its seconds, as a share: half-even at the end."""
    digits = RATE_DIGITS - _PPM_DIGITS
    whole = div_half_even(ppm_seconds * 10**digits, _RATE_PERIOD_S)
    found = Decimal(whole).scaleb(-RATE_DIGITS).normalize()
    return Decimal(f"{found:f}")


def _type_of(settlement: Settlement) -> str:
    return "delivery" if settlement.is_delivery else "settlement"


def _settlement_object(settlement: Settlement, listed: Instrument) -> dict[str, object]:
    """Say what a settlement was; its profit is what one long lot received."""
    return {
        "type": _type_of(settlement),
        "timestamp": dialect.ms_of_ns(settlement.time_ns),
        "instrument_name": listed.name,
        "index_price": dialect.from_millionths(settlement.index_microusd),
        "mark_price": dialect.from_millionths(settlement.mark_microusd),
        "profit_loss_per_lot": dialect.from_millionths(settlement.per_lot_microusd),
    }
