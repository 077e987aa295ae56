"""REGISTER: a chip is known by its file, and a claim above the file is told.

Takes   benchmark files, good and bad; a run with a chip that no program names.
Gives   rates, violations; an award.
Keeps   a figure from changing under its hash.
Source  docs/formulation/runs.md, section 10.
"""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

import auction_fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.grid import Product
from chiphour.auction.register import ANY_DOMAIN
from chiphour.auction.register import MEASURED
from chiphour.auction.register import STATED_PEAK
from chiphour.auction.register import Benchmark
from chiphour.auction.register import Row
from chiphour.auction.register import from_json
from chiphour.auction.register import overclaims
from chiphour.auction.register import perf_fields
from chiphour.auction.register import rates_of
from chiphour.auction.register import register_of
from chiphour.auction.register import row_of
from chiphour.auction.register import to_json

HOPPER, NEW = Product("H100", "node8", "us"), Product("Q7", "rack16", "us")
PICO = 10**12
TABLE = Benchmark(
    "inference.decode",
    "Mtok",
    "open-120b",
    MEASURED,
    date(2026, 11, 1),
    "",
    (
        Row("H100", "fp8", "node8", 3 * PICO, "a lab's report, of the day"),
        Row("Q7", "fp8", ANY_DOMAIN, 12 * PICO, "its maker's report, of the day"),
        Row("Q7", "fp8", "rack16", 15 * PICO, "its maker's report, of the day"),
    ),
)


def test_a_row_of_the_own_domain_goes_first():
    assert row_of(TABLE, "fp8", NEW).rate_picos == 15 * PICO
    assert row_of(TABLE, "fp8", NEW._replace(domain="node8")).rate_picos == 12 * PICO
    assert row_of(TABLE, "fp8", HOPPER._replace(domain="pcie")) is None
    assert row_of(TABLE, "bf16", HOPPER) is None


def test_a_bid_takes_its_rates_from_the_file():
    other = Product("A100", "node8", "us")
    assert rates_of(TABLE, "fp8", [NEW, other, HOPPER]) == (
        ("H100/node8/us", 3 * PICO),
        ("Q7/rack16/us", 15 * PICO),
    )
    with pytest.raises(RequestMalformed, match="one of the chips H100, Q7, found A100"):
        rates_of(TABLE, "fp8", [other])
    with pytest.raises(RequestMalformed, match="that it knows at bf16, found H100/node8/us"):
        rates_of(TABLE, "bf16", [HOPPER])


def test_an_unseen_chip_wins_by_its_benchmark_file(cleared):
    """Ten H100 at 1.0 and ten Q7 at 2.0; the file gives Q7 five times the work of an H100.

    A unit costs 1.0 / 3 there and 2.0 / 15 here; the buyer wants 150 units, and Q7 does them all.
    """
    body = to_json(TABLE)
    benchmark = register_of({"q7.json": body}).named(TABLE.name)
    products = [HOPPER, NEW]
    bid = auction_fields.bid("job", 10, {HOPPER.id: "1"}, ("150", "0.5"))
    bid["modes"][0]["perf"] = perf_fields(rates_of(benchmark, "fp8", products))
    fields = auction_fields.run(
        [
            {"chip": p.chip, "domain": p.domain, "region": p.region, "domain_chips": 8}
            for p in products
        ],
        [
            bid,
            auction_fields.offer("old", 20, HOPPER.id, "10", "1"),
            auction_fields.offer("new", 21, NEW.id, "10", "2"),
        ],
    )
    _, result = cleared(fields)
    held = {
        part.id: {line.product: line.quantity_hundredths for line in part.lines}
        for part in result.award.parts
    }
    assert held == {"job": {NEW.id: 1_000}, "new": {NEW.id: 1_000}}


def test_a_claim_above_the_register_is_told():
    claimed = (("H100/node8/us", 33 * PICO // 10), ("Q7/rack16/us", 15 * PICO), ("x", PICO))
    products = [HOPPER, NEW]
    assert overclaims(TABLE, "fp8", claimed, products, 100_000) == ()
    (found,) = overclaims(TABLE, "fp8", claimed, products, 99_999)
    assert (found.rule, found.expected, found.found) == (
        "overclaim",
        "about 3 Mtok per chip-hour",
        "3.3",
    )
    assert "H100/node8/us against sha256:" in found.where
    assert overclaims(TABLE, "bf16", claimed, products, 0) == ()


def test_a_benchmark_is_found_by_its_hash_however_it_is_spelled():
    spaced = json.dumps(json.loads(to_json(TABLE)), indent=4).encode()
    register = register_of({"a.json": to_json(TABLE), "b.json": spaced})
    assert dict(register.by_name) == {TABLE.name: TABLE}
    assert register.named(TABLE.name) == TABLE
    for name in ("sha256:" + "0" * 64, "sha256:12", TABLE.name.upper()):
        with pytest.raises(RequestMalformed, match="bench: expected"):
            register.named(name)


def test_a_class_is_listed_from_its_latest_file():
    older = TABLE._replace(dated=date(2026, 10, 1))
    peak = TABLE._replace(basis=STATED_PEAK)
    files = {str(number): to_json(b) for number, b in enumerate((older, TABLE, peak))}
    register = register_of(files)
    assert register.of_class("inference.decode", MEASURED) == (TABLE, older)
    assert register.of_class("inference.decode", STATED_PEAK) == (peak,)
    assert register.of_class("training", MEASURED) == ()


@given(st.integers(0, 2), st.integers(1, 10**18))
def test_no_figure_changes_under_a_hash(place, rate):
    rows = list(TABLE.rows)
    rows[place] = rows[place]._replace(rate_picos=rate)
    changed = TABLE._replace(rows=tuple(rows))
    assert (changed.name == TABLE.name) is (changed == TABLE)
    assert from_json(to_json(changed)) == changed


def altered(row=None, **fields):
    value = json.loads(to_json(TABLE)) | fields
    if row:
        value["rows"][0] |= row
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (altered(rows=[]), "rows: expected one or more"),
        (altered(row={"chip": "Z"}), "by chip, precision and domain, each once"),
        (altered(row={"units_per_chip_hour": "0"}), "a number above zero"),
        (altered(row={"units_per_chip_hour": 3}), "expected text, found 3"),
        (altered(row={"source": " "}), "source: expected where the figure stands"),
        (altered(dated="yesterday"), "dated: expected a day"),
        (altered(dated="20261101"), "dated: expected a day"),
        (altered(basis="felt"), "basis: expected measured or stated-peak, found 'felt'"),
        (altered(author="me"), "expected no other field, found author"),
        (altered(schema="benchmark/2"), "schema: expected benchmark/1"),
    ],
)
def test_a_malformed_file_is_refused_by_name(body, says):
    with pytest.raises(RequestMalformed, match=rf"it\.json.*{says}"):
        register_of({"it.json": body})
