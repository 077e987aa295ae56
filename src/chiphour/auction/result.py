"""RESULT: what a run publishes, as canonical JSON and back.

Takes   an award, the prices, the duals of the programmes that prove them, the welfare.
Gives   `Result`, its JSON; strict reading of a result file.
Keeps   everything that the checker needs, and nothing that it must take on trust.
Source  docs/formulation/auction.md, sections 5 to 7; decision 0008.
"""

import json
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

from chiphour.auction.award import Award
from chiphour.auction.award import Flow
from chiphour.auction.award import Line
from chiphour.auction.award import Part
from chiphour.auction.duals_fields import duals_fields
from chiphour.auction.duals_fields import parts
from chiphour.auction.duals_fields import read_duals
from chiphour.auction.duals_fields import read_named
from chiphour.auction.fields import ACCOUNT_MAX
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import decimal_text
from chiphour.auction.fields import hundredths_text
from chiphour.auction.fields import hundredths_texts
from chiphour.auction.fields import read_whole
from chiphour.auction.grid import BUY
from chiphour.auction.grid import INTERVALS_MAX
from chiphour.auction.grid import SELL
from chiphour.auction.grid import Grid
from chiphour.auction.held import Duals
from chiphour.auction.instance import PRICINGS
from chiphour.auction.instance import Instance
from chiphour.auction.instance import canonical
from chiphour.auction.placement import Site
from chiphour.auction.prices import Price
from chiphour.ledger.transfer import Transfer
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import InexactAmount
from chiphour.units import microusd_from_text
from chiphour.units import text_from_microusd
from chiphour.units import text_from_nanousd
from chiphour.units import text_from_ticks

SCHEMA_NAME = "chiphour.auction.result/2"
STATUSES = ("optimal", "gap", "clock", "coarse")
PPB = 1_000_000_000
_SIDES = {BUY: "buy", SELL: "sell"}
_INTEGER_MAX = (1 << 62) - 1
_TEXT_MAX = 200


class Result(NamedTuple):
    """The outcome of a run.

    `prices` by slot, those at which money is paid. `fixed`: the duals of the programme with its
    integers as awarded; `relaxed`: those of the relaxation, at which `bound_nanousd` is D (eq. 12);
    `reference`: those at which budgets were counted, or None; `scaled`: the bids whose values were
    scaled to their budget, in 10^-9 (eq. 11). `welfare_nanousd` is declared value less cost.
    `claimed_gap_ppb` is the solver's own word, None when it gave none.
    """

    run: int
    root: str
    pricing: str
    status: str
    claimed_gap_ppb: int | None
    hull_exact: bool
    prices: tuple[Price, ...]
    fixed: Duals
    relaxed: Duals
    reference: Duals | None
    scaled: Mapping[str, int]
    award: Award
    welfare_nanousd: int
    bound_nanousd: int
    solver: str
    transfers: tuple[Transfer, ...]

    @property
    def money(self) -> Duals:
        """Give the duals at which money is paid: the relaxation's under `hull`, else `fixed`."""
        return self.relaxed if self.pricing == "hull" else self.fixed


def to_json(instance: Instance, result: Result) -> bytes:
    """Write a result as canonical JSON."""
    grid, award, gap = instance.grid, result.award, result.claimed_gap_ppb
    return canonical(
        {
            "schema": SCHEMA_NAME,
            "run": result.run,
            "root": result.root,
            "pricing": result.pricing,
            "status": result.status,
            "solver": result.solver,
            "claimed_gap": None if gap is None else decimal_text(gap, PPB),
            "hull_exact": result.hull_exact,
            "welfare": text_from_nanousd(result.welfare_nanousd),
            "bound": text_from_nanousd(result.bound_nanousd),
            "prices": [
                {"product": product, "tier": tier, "interval": interval} | _price_fields(price)
                for (product, tier, interval), price in zip(
                    _slots(grid), result.prices, strict=True
                )
            ],
            "duals": {
                "fixed": duals_fields(result.fixed),
                "relaxed": duals_fields(result.relaxed),
                "reference": result.reference and duals_fields(result.reference),
            },
            "scaled": [
                {"bid": bid, "share": decimal_text(share, PPB)}
                for bid, share in sorted(result.scaled.items())
            ],
            "awards": [_part_fields(part) for part in award.parts],
            "flows": [_flow_fields(flow) for flow in award.flows],
            "rent": _account_fields(award.rent_account, award.rent_microusd),
            "sponsor": None
            if award.sponsor_account is None
            else _account_fields(award.sponsor_account, award.sponsor_microusd),
            "transfers": [
                {"source": transfer.source, "target": transfer.target, "item": transfer.item}
                | {"amount": text_from_microusd(transfer.amount_microusd)}
                for transfer in result.transfers
            ],
        }
    )


def from_json(instance: Instance, body: bytes) -> Result:
    """Read a result file of this run; raises RequestMalformed with the field at fault."""
    try:
        value = json.loads(body, object_pairs_hook=_unrepeated)
    except (ValueError, RecursionError) as fault:
        raise RequestMalformed(f"result: expected JSON, found {fault}") from None
    return read_whole(value, "result", lambda fields: _read(fields, instance.grid))


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field given twice")
    return fields


def _slots(grid: Grid) -> list[tuple[str, str, int]]:
    """Give the product, tier and interval of every slot, in order."""
    return [
        (product.id, tier.name, interval)
        for product in grid.products
        for tier in grid.tiers
        for interval in range(grid.intervals)
    ]


def _price_fields(price: Price) -> dict[str, Any]:
    dual, ticks = price
    return {
        "dual": text_from_nanousd(dual),
        "price": None if ticks is None else text_from_ticks(ticks),
    }


def _part_fields(part: Part) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": part.id,
        "account": part.account,
        "side": _SIDES[part.side],
        "payment": text_from_microusd(part.payment_microusd),
        "make_whole": text_from_microusd(part.make_whole_microusd),
        "charge": text_from_microusd(part.charge_microusd),
        "lines": [_line_fields(line) for line in part.lines],
        "gangs": [_gang_fields(gang) for gang in part.gangs],
    }
    if part.gang_hundredths or part.reserve_hundredths or part.on:
        hours = {
            "gangs": hundredths_texts(part.gang_hundredths),
            "reserve": hundredths_texts(part.reserve_hundredths),
            "on": list(part.on),
        }
        fields["pool"] = {name: amounts for name, amounts in hours.items() if amounts}
    return fields


def _line_fields(line: Line) -> dict[str, Any]:
    fields = {
        "product": line.product,
        "tier": line.tier,
        "interval": line.interval,
        "quantity": hundredths_text(line.quantity_hundredths),
    }
    named = {"mode": line.mode, "pool": line.pool}
    return fields | {name: value for name, value in named.items() if value}


def _gang_fields(site: Site) -> dict[str, Any]:
    """Write a gang's place; its domains once, where they are the same in every interval."""
    same = len(set(site.domains)) == 1 and len(site.domains) == site.intervals
    domains = site.domains[:1] if same else site.domains
    return {
        "mode": site.mode,
        "product": site.product,
        "pool": site.pool,
        "first": site.first,
        "intervals": site.intervals,
        "chips": site.chips,
        "domains": [list(own) for own in domains],
    }


def _account_fields(account: int, amount_microusd: int) -> dict[str, Any]:
    return {"account": account, "amount": text_from_microusd(amount_microusd)}


def _flow_fields(flow: Flow) -> dict[str, Any]:
    return {
        "from": flow.source,
        "to": flow.target,
        "tier": flow.tier,
        "interval": flow.interval,
        "quantity": hundredths_text(flow.quantity_hundredths),
    }


def _read(fields: Fields, grid: Grid) -> Result:
    if (schema := fields.text("schema")) != SCHEMA_NAME:
        raise fields.refuse("schema", SCHEMA_NAME, schema)
    run, root = fields.integer("run", 1, _INTEGER_MAX), fields.text("root")
    pricing = fields.choice("pricing", PRICINGS)
    status = fields.choice("status", STATUSES)
    gap = None if fields.null("claimed_gap") else parts(fields, "claimed_gap", PPB)
    hull_exact = fields.raw("hull_exact")
    if not isinstance(hull_exact, bool):
        raise fields.refuse("hull_exact", "true or false", hull_exact)
    prices = _read_prices(fields, grid)
    duals = fields.object("duals")
    fixed, relaxed = (read_duals(duals, name, grid.slots) for name in ("fixed", "relaxed"))
    missing = duals.null("reference")
    reference = None if missing else read_duals(duals, "reference", grid.slots)
    duals.exhausted()
    scaled = read_named(fields, "scaled", lambda row: row.text("bid"), PPB, "share")
    award = _read_award(fields, grid)
    welfare, bound = _nanousd(fields, "welfare"), _nanousd(fields, "bound")
    solver = fields.text("solver")
    if len(solver) > _TEXT_MAX:
        raise fields.refuse("solver", f"a name of at most {_TEXT_MAX} characters", solver)
    transfers = fields.each("transfers", lambda row: _read_transfer(row, run))
    return Result(
        run, root, pricing, status, gap, hull_exact, prices, fixed, relaxed, reference,
        scaled, award, welfare, bound, solver, transfers,
    )  # fmt: skip


def _read_prices(fields: Fields, grid: Grid) -> tuple[Price, ...]:
    found = fields.each("prices", _read_price)
    if [slot for slot, _ in found] != _slots(grid):
        expected = "every product, tier and interval of the run in its order"
        raise fields.refuse("prices", expected, f"{len(found)} prices")
    return tuple(price for _, price in found)


def _read_price(fields: Fields) -> tuple[tuple[str, str, int], Price]:
    slot = fields.text("product"), fields.text("tier"), fields.integer("interval", 0, _INTEGER_MAX)
    dual_nanousd = _nanousd(fields, "dual")
    return slot, Price(dual_nanousd, None if fields.null("price") else fields.ticks("price"))


def _read_award(fields: Fields, grid: Grid) -> Award:
    found = fields.each("awards", lambda part: _read_part(part, grid))
    flows = fields.each("flows", _read_flow)
    rent = _read_account(fields, "rent")
    if fields.null("sponsor"):
        return Award(found, flows, *rent)
    return Award(found, flows, *rent, *_read_account(fields, "sponsor"))


def _read_account(fields: Fields, name: str) -> tuple[int, int]:
    given = fields.object(name)
    account, amount_microusd = given.integer("account", 0, ACCOUNT_MAX), _microusd(given, "amount")
    given.exhausted()
    return account, amount_microusd


def _read_part(fields: Fields, grid: Grid) -> Part:
    sides = {word: number for number, word in _SIDES.items()}
    side = sides[fields.choice("side", tuple(sides))]
    gangs: tuple[int, ...] = ()
    reserve: tuple[int, ...] = ()
    on: tuple[int, ...] = ()
    if fields.has("pool"):
        pool = fields.object("pool")
        if pool.has("gangs"):
            gangs = pool.hundredths_each("gangs", grid.intervals)
        if pool.has("reserve"):
            reserve = pool.hundredths_each("reserve", grid.intervals)
        if pool.has("on"):
            on = _read_on(pool, grid)
        pool.exhausted()
    return Part(
        fields.name("id"),
        fields.integer("account", 0, ACCOUNT_MAX),
        side,
        fields.each("lines", _read_line),
        fields.each("gangs", _read_gang),
        gangs,
        reserve,
        on,
        _microusd(fields, "payment"),
        _microusd(fields, "make_whole"),
        _microusd(fields, "charge"),
    )


def _read_on(fields: Fields, grid: Grid) -> tuple[int, ...]:
    values = fields.raw("on")
    if not isinstance(values, list) or len(values) != grid.intervals:
        raise fields.refuse("on", f"a list of {grid.intervals} times 0 or 1", values)
    each = Fields({str(place): value for place, value in enumerate(values)}, f"{fields.path}.on")
    return tuple(each.integer(str(place), 0, 1) for place in range(grid.intervals))


def _read_line(fields: Fields) -> Line:
    return Line(
        fields.name("mode") if fields.has("mode") else "",
        fields.text("product"),
        fields.text("tier"),
        fields.integer("interval", 0, _INTEGER_MAX),
        fields.name("pool") if fields.has("pool") else "",
        fields.hundredths("quantity"),
    )


def _read_gang(fields: Fields) -> Site:
    mode, product, pool = fields.name("mode"), fields.text("product"), fields.name("pool")
    first = fields.integer("first", 0, INTERVALS_MAX)
    intervals = fields.integer("intervals", 1, INTERVALS_MAX)
    chips = fields.integer("chips", 1, _INTEGER_MAX)
    rows = fields.raw("domains")
    if not isinstance(rows, list) or len(rows) not in (1, intervals):
        expected = f"the domains of all intervals, or of each of {intervals}"
        raise fields.refuse("domains", expected, rows)
    domains = tuple(_read_domains(fields, number, row) for number, row in enumerate(rows))
    domains = domains * intervals if len(domains) < intervals else domains
    return Site(mode, product, pool, first, intervals, chips, domains)


def _read_domains(fields: Fields, number: int, row: Any) -> tuple[int, ...]:
    if not isinstance(row, list):
        raise fields.refuse(f"domains[{number}]", "a list of numbers", row)
    each = Fields({str(place): domain for place, domain in enumerate(row)}, fields.path)
    return tuple(each.integer(str(place), 0, _INTEGER_MAX) for place in range(len(row)))


def _read_flow(fields: Fields) -> Flow:
    interval = fields.integer("interval", 0, _INTEGER_MAX)
    quantity = fields.signed_hundredths("quantity")
    ends = fields.text("from"), fields.text("to"), fields.text("tier")
    return Flow(*ends, interval, quantity)


def _read_transfer(fields: Fields, run: int) -> Transfer:
    source = fields.integer("source", 0, _INTEGER_MAX)
    target = fields.integer("target", 0, _INTEGER_MAX)
    item = fields.integer("item", 1, _INTEGER_MAX)
    return Transfer(source, target, _microusd(fields, "amount"), run, item)


def _microusd(fields: Fields, name: str) -> int:
    value = fields.text(name)
    try:
        return microusd_from_text(value)
    except InexactAmount:
        raise fields.refuse(name, "dollars of at most six decimals", value) from None


def _nanousd(fields: Fields, name: str) -> int:
    return parts(fields, name, NANOUSD_PER_USD)
