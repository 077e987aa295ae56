"""TEST RENTING: the answer to rent or buy, from made-up prices.

Takes   `adapters/renting.py`, fixings and offers of made-up days.
Gives   failures.
Keeps   lines that add up; a tenor nobody offers without a price; the rule of 500 hours tested.
Source  docs/how-to/rent-or-buy.md; decision 0044.
"""

from decimal import Decimal

import msgspec
import pytest

from chiphour.adapters.renting import prices_of
from chiphour.adapters.renting import rent_or_buy_of
from chiphour.adapters.serve.shapes_renting import RentOrBuy
from chiphour.adapters.serve.shapes_renting import RentOrBuyAsked
from chiphour.analyse.ownership import AssumptionRefused
from chiphour.publish.offers import Offers
from priced import Priced
from priced import fixings_of
from records import observation


class Offering(Priced):
    """Prices with offers: pages of two."""

    def __init__(self, found, offers=()):
        super().__init__(found)
        self._offers = offers

    def offers(self, wanted):
        seen = [each for each in self._offers if wanted.chip in (None, each.chip)]
        end = wanted.after + 2
        return Offers(
            self.now_ns, tuple(seen[wanted.after : end]), end if end < len(seen) else None
        )


def offer(tenor, usd, gpus=1, **more):
    return observation(tenor=tenor, price_nanousd=int(usd * gpus * 10**9), gpus=gpus, **more)


def asked(**fields):
    return RentOrBuyAsked(**fields)


def test_lines_add_up_and_the_answer_reads_back():
    found = rent_or_buy_of(Offering(fixings_of()), asked())
    assert sum(Decimal(line.usd_per_month) for line in found.own.lines) == pytest.approx(
        Decimal(found.own.usd_per_month), abs=Decimal("0.00001")
    )
    assert msgspec.json.decode(msgspec.json.encode(found), type=RentOrBuy) == found
    assert found.chart_svg.startswith("<svg ")


def test_a_fresh_fix_stands_for_its_tenor_and_offers_for_the_others():
    offers = [
        offer("R1Y", 2.0),
        offer("R1Y", 2.2, gpus=8),
        offer("R1Y", 2.4),
        offer("INT", 1.0, flags=("FROZEN_FILE",)),
        offer("INT", 0, kind="stock"),
        offer("R3Y", 1.0, form="PCIE"),
    ]
    found = {p.tenor: p for p in prices_of(Offering(fixings_of(), offers), "H100", "SXM")}
    assert found["OD"].source == "fix of 2026-08-13"
    assert found["R1Y"].usd == pytest.approx(2.2)
    assert found["R1Y"].source == "3 offers, their median"
    assert found["INT"].usd is None and found["R3Y"].usd is None


def test_an_old_fix_is_no_price_of_now():
    source = Offering(fixings_of())
    source.now_ns += 30 * 86_400 * 10**9
    found = {price.tenor: price for price in prices_of(source, "H100", "SXM")}
    assert found["OD"].usd is None


def test_the_cheaper_side_changes_at_the_breakeven():
    source = Offering(fixings_of())
    (rent,) = [r for r in rent_or_buy_of(source, asked()).rent if r.tenor == "OD"]
    even = rent.breakeven_hours
    for hours, cheaper in ((even - 5, "rent"), (even + 5, "own")):
        found = rent_or_buy_of(source, asked(hours_per_month=hours))
        (rent,) = [r for r in found.rent if r.tenor == "OD"]
        assert rent.cheaper == cheaper


def test_the_rule_is_corrected_with_the_whole_server():
    found = rent_or_buy_of(Offering(fixings_of()), asked())
    hours = next(r.breakeven_hours for r in found.rent if r.tenor == "OD")
    assert found.rule.holds  # Within what single assumptions move.
    assert f"from {hours} useful hours of each GPU" in found.rule.words
    assert f"needs {8 * hours} GPU-hours a month" in found.rule.words
    dear = rent_or_buy_of(Offering(fixings_of()), asked(rent_usd="0.50"))
    assert dear.rule.breakeven_high is None
    assert "makes owning look too good" in dear.rule.words


def test_without_any_price_the_rule_cannot_be_tested():
    found = rent_or_buy_of(Offering([]), asked())
    assert found.rule.holds is None and "cannot be tested" in found.rule.words
    assert {rent.price_usd for rent in found.rent} == {None}
    stated = rent_or_buy_of(Offering([]), asked(rent_usd="3.00"))
    assert stated.rent[0].tenor == "stated" and stated.rule.holds is not None


def test_a_stated_assumption_is_taken_and_not_moved():
    found = rent_or_buy_of(Offering(fixings_of()), asked(assumptions={"capital_usd": "20000"}))
    assert "capital_usd" not in {each.name for each in found.sensitivity}
    (capital,) = [each for each in found.assumptions if each.name == "capital_usd"]
    assert (capital.value, capital.overridden) == ("20000", True)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"chip": "TPU"}, "chip: expected one of"),
        ({"region": "mars"}, "region: expected one of"),
        ({"hours_per_month": 730}, "hours_per_month: expected at most 708"),
        ({"rent_usd": "0"}, "rent_usd: expected a price above 0"),
        ({"assumptions": {"pue": "9"}}, "pue: expected 1 to 3"),
    ],
)
def test_what_is_out_of_bounds_is_refused(fields, words):
    with pytest.raises(AssumptionRefused, match=words):
        rent_or_buy_of(Offering(fixings_of()), asked(**fields))
