"""RESULT: what a run publishes, as canonical JSON and back.

Takes   an award, the prices, the welfare.
Gives   `Result`, its JSON; strict reading of a result file.
Keeps   everything that the checker needs, and nothing that it must take on trust.
Source  docs/formulation/auction.md, section 7; decision 0008.
"""

import json
from typing import Any
from typing import NamedTuple

from chiphour.auction.award import Award
from chiphour.auction.award import Flow
from chiphour.auction.award import Line
from chiphour.auction.award import Part
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import hundredths_text
from chiphour.auction.fields import read_whole
from chiphour.auction.grid import Grid
from chiphour.auction.instance import Instance
from chiphour.auction.instance import canonical
from chiphour.auction.prices import Price
from chiphour.ledger.transfer import Transfer
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import InexactAmount
from chiphour.units import exact_from_text
from chiphour.units import microusd_from_text
from chiphour.units import text_from_microusd
from chiphour.units import text_from_nanousd
from chiphour.units import text_from_ticks

SCHEMA_NAME = "chiphour.auction.result/1"
_SIDES = {1: "buy", -1: "sell"}
_INTEGER_MAX = (1 << 62) - 1


class Result(NamedTuple):
    """The outcome of a run. `prices` by slot; `welfare_nanousd` is declared value less cost."""

    run: int
    root: str
    prices: tuple[Price, ...]
    award: Award
    welfare_nanousd: int
    transfers: tuple[Transfer, ...]


def to_json(instance: Instance, result: Result) -> bytes:
    """Write a result as canonical JSON."""
    grid, award = instance.grid, result.award
    return canonical(
        {
            "schema": SCHEMA_NAME,
            "run": result.run,
            "root": result.root,
            "welfare": text_from_nanousd(result.welfare_nanousd),
            "prices": [
                _price_fields(product.id, hour, result.prices[grid.slot(number, hour)])
                for number, product in enumerate(grid.products)
                for hour in range(grid.hours)
            ],
            "awards": [_part_fields(part) for part in award.parts],
            "flows": [
                {"from": flow.source, "to": flow.target, "hour": flow.hour}
                | {"quantity": hundredths_text(flow.quantity_hundredths)}
                for flow in award.flows
            ],
            "rent": {
                "account": award.rent_account,
                "amount": text_from_microusd(award.rent_microusd),
            },
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
        value = json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise RequestMalformed(f"result: expected JSON, found {fault}") from None
    return read_whole(value, "result", lambda fields: _read(fields, instance.grid))


def _price_fields(product: str, hour: int, price: Price) -> dict[str, Any]:
    dual, ticks = price
    return {
        "product": product,
        "hour": hour,
        "dual": text_from_nanousd(dual),
        "price": None if ticks is None else text_from_ticks(ticks),
    }


def _part_fields(part: Part) -> dict[str, Any]:
    return {
        "name": part.name,
        "account": part.account,
        "side": _SIDES[part.side],
        "payment": text_from_microusd(part.payment_microusd),
        "lines": [
            {"product": product, "hour": hour, "quantity": hundredths_text(quantity)}
            for product, hour, quantity in part.lines
        ],
    }


def _read(fields: Fields, grid: Grid) -> Result:
    if (schema := fields.text("schema")) != SCHEMA_NAME:
        raise fields.refuse("schema", SCHEMA_NAME, schema)
    run = fields.integer("run", 1, _INTEGER_MAX)
    slots = [(product.id, hour) for product in grid.products for hour in range(grid.hours)]
    found = fields.each("prices", _read_price)
    if [slot for slot, _ in found] != slots:
        raise fields.refuse("prices", "every product-hour of the run in its order", len(found))
    rent = Fields(fields.raw("rent"), f"{fields.path}.rent")
    award = Award(
        fields.each("awards", _read_part),
        fields.each("flows", _read_flow),
        rent.integer("account", 0, _INTEGER_MAX),
        _microusd(rent, "amount"),
    )
    rent.exhausted()
    transfers = fields.each("transfers", lambda row: _read_transfer(row, run))
    welfare = _nanousd(fields, "welfare")
    return Result(run, fields.text("root"), tuple(p for _, p in found), award, welfare, transfers)


def _read_price(fields: Fields) -> tuple[tuple[str, int], Price]:
    slot = fields.text("product"), fields.integer("hour", 0, _INTEGER_MAX)
    dual_nanousd = _nanousd(fields, "dual")
    if fields.peek("price") is None:
        fields.raw("price")
        return slot, Price(dual_nanousd, None)
    return slot, Price(dual_nanousd, fields.ticks("price"))


def _read_part(fields: Fields) -> Part:
    side = fields.text("side")
    sides = {word: number for number, word in _SIDES.items()}
    if side not in sides:
        raise fields.refuse("side", "buy or sell", side)
    return Part(
        fields.name("name"),
        fields.integer("account", 0, _INTEGER_MAX),
        sides[side],
        fields.each("lines", _read_line),
        _microusd(fields, "payment"),
    )


def _read_line(fields: Fields) -> Line:
    hour = fields.integer("hour", 0, _INTEGER_MAX)
    return Line(fields.text("product"), hour, fields.hundredths("quantity"))


def _read_flow(fields: Fields) -> Flow:
    hour = fields.integer("hour", 0, _INTEGER_MAX)
    quantity = fields.signed_hundredths("quantity")
    return Flow(fields.text("from"), fields.text("to"), hour, quantity)


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
    value = fields.text(name)
    try:
        return exact_from_text(value, NANOUSD_PER_USD, "nano-dollar")
    except InexactAmount:
        raise fields.refuse(name, "dollars of at most nine decimals", value) from None
