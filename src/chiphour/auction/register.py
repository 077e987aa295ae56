"""REGISTER: what a chip does for a workload, from dated, sourced files that are named by hash.

Takes   benchmark files: units of work per chip-hour by chip, precision and domain.
Gives   the register; the rates of a bid on the products of a run; claims above the register.
Keeps   chips out of the code: one that is known by its file alone is rated like any other. A
        file's hash is of its canonical form, so that its spelling may change and no figure can.
Source  docs/formulation/runs.md, section 10, equations 23 and 24.
"""

import re
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from typing import Any
from typing import NamedTuple

from chiphour.auction.fields import PICOS
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import decimal_text
from chiphour.auction.grid import Product
from chiphour.auction.grid import Violation
from chiphour.auction.instance import canonical
from chiphour.auction.record import hash_of
from chiphour.auction.record import read_record
from chiphour.auction.record import word
from chiphour.units import PPM

SCHEMA_NAME = "benchmark/1"
MEASURED = "measured"
STATED_PEAK = "stated-peak"  # What the maker states: nothing can do more, and little does as much.
BASES = (MEASURED, STATED_PEAK)
ANY_DOMAIN = "any"
PREFIX = "sha256:"
_NAMED = re.compile(r"sha256:[0-9a-f]{64}")

Rates = tuple[tuple[str, int], ...]  # (product id, picounits per chip-hour), by product.


class Row(NamedTuple):
    """One chip: picounits (10^-12) per chip-hour at a precision, in a domain or in any."""

    chip: str
    precision: str
    domain: str
    rate_picos: int
    source: str


class Benchmark(NamedTuple):
    """A performance table of one workload class, as one file holds it; rows in their order.

    `model` names what was run, "" where the class says it all; `dated` is the day on which it was
    measured, or on which the stated figures were read.
    """

    workload_class: str
    unit: str
    model: str
    basis: str
    dated: date
    notes: str
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        """Give the name by which a bid refers to it: `sha256:` and its hash."""
        return PREFIX + hash_of(_fields(self))


class Register(NamedTuple):
    """Benchmarks by the name that their hash gives them."""

    by_name: Mapping[str, Benchmark]

    def named(self, name: str) -> Benchmark:
        """Give a benchmark; raises RequestMalformed for a name that is malformed or unknown."""
        if not _NAMED.fullmatch(name):
            raise RequestMalformed(f"bench: expected sha256: and 64 digits, found {name[:80]!r}")
        if name not in self.by_name:
            raise RequestMalformed(f"bench: expected a benchmark of the register, found {name}")
        return self.by_name[name]

    def of_class(self, workload_class: str, basis: str) -> tuple[Benchmark, ...]:
        """Give the benchmarks of a class on one basis, the latest first."""
        found = [
            (-benchmark.dated.toordinal(), name, benchmark)
            for name, benchmark in self.by_name.items()
            if benchmark.workload_class == workload_class and benchmark.basis == basis
        ]
        return tuple(benchmark for _, _, benchmark in sorted(found))


def register_of(bodies: Mapping[str, bytes]) -> Register:
    """Read files by their paths into a register; raises RequestMalformed naming the file."""
    found = [from_json(body, path) for path, body in sorted(bodies.items())]
    return Register({benchmark.name: benchmark for benchmark in found})


def rates_of(benchmark: Benchmark, precision: str, products: Iterable[Product]) -> Rates:
    """Give the performance rows of a bid: picounits per chip-hour of each product (equation 23).

    A row of the product's own domain goes before one of any domain. Products without a row are
    left out: the workload was not shown to run there. Raises RequestMalformed when none is left.
    """
    found = []
    offered = sorted(products, key=lambda product: product.id)
    for product in offered:
        if row := row_of(benchmark, precision, product):
            found.append((product.id, row.rate_picos))
    if not found:
        chips = sorted({row.chip for row in benchmark.rows if row.precision == precision})
        raise RequestMalformed(
            f"bench {benchmark.name[:19]}: expected a product with one of the chips "
            f"{', '.join(chips) or 'that it knows at ' + precision}, "
            f"found {', '.join(product.id for product in offered) or 'none'}"
        )
    return tuple(found)


def perf_fields(rates: Rates) -> list[dict[str, str]]:
    """Write rates as the `perf` of a bid."""
    return [
        {"product": product, "units_per_chip_hour": decimal_text(rate, PICOS)}
        for product, rate in rates
    ]


def row_of(benchmark: Benchmark, precision: str, product: Product) -> Row | None:
    """Give the row for a product, of its own domain or else of any, or None."""
    rows = {
        row.domain: row
        for row in benchmark.rows
        if row.chip == product.chip and row.precision == precision
    }
    return rows.get(product.domain) or rows.get(ANY_DOMAIN)


def overclaims(
    benchmark: Benchmark,
    precision: str,
    claimed: Rates,
    products: Sequence[Product],
    tolerance_ppm: int,
) -> tuple[Violation, ...]:
    """Give each claim above the register's figure by more than a tolerance (equation 24).

    A claim for a product without a row cannot be compared and is not listed.
    """
    by_id = {product.id: product for product in products}
    found = []
    for product_id, rate in sorted(claimed):
        row = row_of(benchmark, precision, by_id[product_id]) if product_id in by_id else None
        if row and rate * PPM > row.rate_picos * (PPM + tolerance_ppm):
            expected = f"about {decimal_text(row.rate_picos, PICOS)} {benchmark.unit} per chip-hour"
            where = f"{product_id} against {benchmark.name[:19]}"
            found.append(Violation("overclaim", where, expected, decimal_text(rate, PICOS)))
    return tuple(found)


def to_json(benchmark: Benchmark) -> bytes:
    """Write a benchmark as canonical JSON."""
    return canonical(_fields(benchmark))


def from_json(body: bytes, path: str = "benchmark") -> Benchmark:
    """Read a benchmark file; raises RequestMalformed with the field at fault."""
    return read_record(body, path, SCHEMA_NAME, _read)


def _fields(benchmark: Benchmark) -> dict[str, Any]:
    return {
        "schema": SCHEMA_NAME,
        "workload_class": benchmark.workload_class,
        "unit": benchmark.unit,
        "model": benchmark.model,
        "basis": benchmark.basis,
        "dated": benchmark.dated.isoformat(),
        "notes": benchmark.notes,
        "rows": [
            {
                "chip": row.chip,
                "precision": row.precision,
                "domain": row.domain,
                "units_per_chip_hour": decimal_text(row.rate_picos, PICOS),
                "source": row.source,
            }
            for row in benchmark.rows
        ],
    }


def _read(fields: Fields) -> Benchmark:
    rows = fields.each("rows", _read_row)
    keys = [row[:3] for row in rows]
    if not rows or keys != sorted(set(keys)):
        raise fields.refuse("rows", "one or more, by chip, precision and domain, each once", keys)
    text = fields.text("dated")
    try:
        dated = date.fromisoformat(text)
    except ValueError:
        raise fields.refuse("dated", "a day, such as 2026-11-27", text) from None
    if dated.isoformat() != text:
        raise fields.refuse("dated", "a day, such as 2026-11-27", text)
    return Benchmark(
        fields.name("workload_class"),
        fields.name("unit"),
        fields.text("model"),
        word(fields, "basis", BASES),
        dated,
        fields.text("notes"),
        rows,
    )


def _read_row(fields: Fields) -> Row:
    row = Row(
        fields.name("chip"),
        fields.name("precision"),
        fields.name("domain"),
        fields.positive_picos("units_per_chip_hour"),
        fields.text("source"),
    )
    if not row.source.strip():
        raise fields.refuse("source", "where the figure stands", row.source)
    return row
