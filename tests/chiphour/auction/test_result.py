"""RESULT: a result file says all that the checker needs, and is read strictly.

Takes   results made by hand and drawn at random: no solver.
Gives   their JSON and back.
Keeps   a malformed result out, with the field named.
Source  docs/formulation/auction.md, sections 5 to 7.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import bid
from auction_fields import offer
from auction_fields import run
from chiphour.auction.award import Award
from chiphour.auction.award import Flow
from chiphour.auction.award import Line
from chiphour.auction.award import Part
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.grid import BUY
from chiphour.auction.grid import SELL
from chiphour.auction.held import Duals
from chiphour.auction.instance import from_fields
from chiphour.auction.placement import Site
from chiphour.auction.prices import Price
from chiphour.auction.result import Result
from chiphour.auction.result import from_json
from chiphour.auction.result import to_json
from chiphour.ledger.transfer import Transfer

TIERS = [{"tier": "od", "pi": "0", "beta": "1"}, {"tier": "spot", "pi": "0.1", "beta": "1.2"}]
POOL, BUYER = offer("pool", 20, H100, "16", 1, hours=2), bid("A", 10, {H100: "2"}, (80, 3))
INSTANCE = from_fields(run([HOPPER], [POOL, BUYER], hours=2, tiers=TIERS))
DUALS = Duals(
    (3_000_000_000, -1, 0, 7),
    {("pool", 0): 3_000_000_001, ("pool", 1): -5},
    {("pool", "od", 1): 250_000_000},
    {("pool", "cpu", 0): 10_000_000},
    {("us", 0): 3_500_000_000},
    {("A", "m", "work"): 1_500_000_000_001},
    {"A": 40_000_000},
)
NONE = Duals((0, 0, 0, 0), {}, {}, {}, {}, {}, {})
AWARD = Award(
    (
        Part(
            "A",
            10,
            BUY,
            (Line("m", H100, "od", 0, "", 400), Line("m", H100, "spot", 1, "pool", 12)),
            (
                Site("g", H100, "pool", 0, 2, 8, ((0,), (0,))),
                Site("h", H100, "pool", 0, 2, 2, ((1,), (0,))),
            ),
            (),
            (),
            (),
            12_345_678,
            0,
            1,
        ),
        Part(
            "pool",
            20,
            SELL,
            (Line("", H100, "od", 0, "", 400),),
            (),
            (1000, 1000),
            (0, 50),
            (1, 1),
            -12_345_678,
            5,
            0,
        ),
    ),
    (Flow(H100, "A100/node8/us", "od", 1, -100),),
    1,
    7,
    3,
    11,
)
RESULT = Result(
    run=1,
    root=INSTANCE.root,
    pricing="ip",
    status="clock",
    claimed_gap_ppb=100_000,
    hull_exact=True,
    prices=(Price(3_000_000_000, 30_000), Price(-1, 0), Price(0, 0), Price(7, None)),
    fixed=DUALS,
    relaxed=NONE,
    reference=NONE,
    scaled={"A": 900_000_000},
    award=AWARD,
    welfare_nanousd=-1,
    bound_nanousd=23_000_000_001,
    solver="HiGHS 1.15.1",
    transfers=(Transfer(10, 2, 12_345_679, 1, 1), Transfer(2, 20, 12_345_683, 1, 2)),
)


def test_a_result_is_read_as_it_was_written():
    assert from_json(INSTANCE, to_json(INSTANCE, RESULT)) == RESULT
    plain = RESULT._replace(
        reference=None,
        scaled={},
        claimed_gap_ppb=None,
        award=AWARD._replace(parts=(), flows=(), sponsor_account=None, sponsor_microusd=0),
        transfers=(),
    )
    assert from_json(INSTANCE, to_json(INSTANCE, plain)) == plain


NANOS = st.integers(-(10**15), 10**15)
NAMES = st.sampled_from(("pool", "A", "x.y-z"))
INTERVALS = st.integers(0, 1)


def mapping(*keys):
    """Draw a mapping of names to multipliers that are not zero."""
    return st.dictionaries(st.tuples(*keys), NANOS.filter(bool), max_size=4)


DRAWN = st.builds(
    Duals,
    st.tuples(NANOS, NANOS, NANOS, NANOS),
    mapping(NAMES, INTERVALS),
    mapping(NAMES, st.sampled_from(("od", "spot")), INTERVALS),
    mapping(NAMES, NAMES, INTERVALS),
    mapping(NAMES, INTERVALS),
    mapping(NAMES, NAMES, NAMES),
    st.dictionaries(NAMES, NANOS.filter(bool), max_size=3),
)


@given(DRAWN, DRAWN, st.sampled_from(("ip", "hull", "eu")))
def test_duals_are_exact_and_money_is_paid_at_the_rules_own(fixed, relaxed, pricing):
    result = RESULT._replace(fixed=fixed, relaxed=relaxed, pricing=pricing)
    assert from_json(INSTANCE, to_json(INSTANCE, result)) == result
    assert result.money == (relaxed if pricing == "hull" else fixed)


def test_people_read_duals_to_the_nano_dollar_and_prices_to_the_tick():
    written = json.loads(to_json(INSTANCE, RESULT))
    assert written["prices"][0] == {
        "product": H100,
        "tier": "od",
        "interval": 0,
        "dual": "3.000000000",
        "price": "3.0000",
    }
    assert written["prices"][3]["price"] is None
    assert written["claimed_gap"] == "0.0001"
    assert written["awards"][0]["lines"][1]["pool"] == "pool"
    assert "pool" not in written["awards"][0]["lines"][0]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("schema",), "chiphour.auction.result/1", r"result\.schema"),
        (("pricing",), "vcg", r"result\.pricing: expected ip or hull or eu"),
        (("status",), "fine", r"result\.status: expected optimal or gap or clock"),
        (("hull_exact",), 1, r"result\.hull_exact: expected true or false"),
        (("claimed_gap",), "0.0000000001", r"result\.claimed_gap: .* at most 9 decimals"),
        (("welfare",), "1.0000000001", r"result\.welfare: .* at most 9 decimals"),
        (("bound",), 23, r"result\.bound: expected text"),
        (("solver",), "x" * 201, r"result\.solver"),
        (("prices", 0, "price"), "1.00001", r"prices\[0\]\.price"),
        (("prices", 0, "interval"), 1, "every product, tier and interval of the run in its order"),
        (("prices", 0, "tier"), "spot", "every product, tier and interval of the run in its order"),
        (("duals", "fixed", "slots"), ["0"], r"duals\.fixed\.slots: expected 4 duals"),
        (("duals", "fixed", "slots", 0), "1e-10", r"duals\.fixed\.slots\.0"),
        (("duals", "fixed", "pools", 0, "dual"), "x", r"duals\.fixed\.pools\[0\]\.dual"),
        (("duals", "fixed", "pools", 1, "interval"), 0, r"pools: expected each once"),
        (("duals", "other"), {}, r"result\.duals: expected no other field, found other"),
        (("scaled", 0, "share"), None, r"scaled\[0\]\.share: expected text"),
        (("awards", 0, "side"), "hold", "buy or sell"),
        (("awards", 0, "payment"), 3, r"awards\[0\]\.payment: expected text"),
        (("awards", 0, "charge"), "0.0000001", r"awards\[0\]\.charge"),
        (("awards", 0, "lines", 0, "quantity"), "0.001", r"lines\[0\]\.quantity"),
        (("awards", 0, "gangs", 0, "chips"), 0.5, r"gangs\[0\]\.chips"),
        (("awards", 0, "gangs", 0, "domains"), [[0], [0], [0]], r"gangs\[0\]\.domains"),
        (("awards", 0, "gangs", 1, "domains", 0), 3, r"gangs\[1\]\.domains\[0\]"),
        (("awards", 1, "pool", "on"), [1], r"pool\.on: expected a list of 2"),
        (("awards", 1, "pool", "on", 0), 2, r"pool\.on\.0"),
        (("awards", 1, "pool", "reserve"), ["0"], r"pool\.reserve"),
        (("sponsor", "account"), -1, r"sponsor\.account"),
        (("transfers", 0, "item"), 0, r"transfers\[0\]\.item"),
        (("note",), "", "no other field, found note"),
    ],
)
def test_a_malformed_result_is_refused_with_its_field(path, value, message):
    fields = json.loads(to_json(INSTANCE, RESULT))
    place = fields
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(RequestMalformed, match=message):
        from_json(INSTANCE, json.dumps(fields).encode())


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"run":1,"run":1}', b"\xff"])
def test_what_is_no_result_at_all_is_refused(body):
    with pytest.raises(RequestMalformed, match="result: expected"):
        from_json(INSTANCE, body)
