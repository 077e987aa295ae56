"""TEST PROCURING: a job answered from offers: what is taken, what is passed over and why.

Takes   `adapters/procuring.py`, offers of made-up venues.
Gives   failures.
Keeps   stock that was counted, least numbers, flags; the limit and the auction beside the mix.
Source  docs/how-to/rent-or-buy.md; decision 0044.
"""

from datetime import date

import msgspec
import pytest

from chiphour.adapters.procuring import procure_of
from chiphour.adapters.serve.shapes_procure import ProcureAsked
from chiphour.adapters.serve.shapes_procure import Procured
from chiphour.analyse.procure import JobRefused
from chiphour.publish.market import AuctionLine
from chiphour.publish.market import AuctionSummary
from chiphour.publish.offers import Offers
from priced import LAST
from priced import Priced
from records import observation


class Offering(Priced):
    """Offers on one page, by chip and kind."""

    def __init__(self, *offers):
        super().__init__([])
        self._offers = offers

    def offers(self, wanted):
        def fits(seen):
            return wanted.chip in (None, seen.chip) and wanted.kind in (None, seen.kind)

        return Offers(self.now_ns, tuple(filter(fits, self._offers)), None)


def offer(venue, usd, gpus=1, **more):
    return observation(venue=venue, price_nanousd=round(usd * gpus * 10**9), gpus=gpus, **more)


def asked(**more):
    return ProcureAsked(**{"gpus": 8, "hours": 100, "chips": ["H100"]} | more)


def test_the_cheapest_way_is_taken_and_the_others_say_why_not():
    source = Offering(
        offer("acme", 3.0),
        offer("beta", 2.5),
        offer("gamma", 1.0, tenor="INT"),
        offer("delta", 0.5, flags=("OTHER_PRODUCT",)),
        offer("serverless", 0.5, tenor="OTHER"),
    )
    found = procure_of(source, asked())
    (taken,) = found.chosen
    assert (taken.venue, taken.gpus, taken.cost_usd) == ("beta", 8, "2000.000000")
    assert found.usd_per_useful_hour == "2.500000"
    reasons = {each.venue: each.reason for each in found.passed}
    assert reasons["gamma"] == "it may be taken away, which this job does not bear"
    assert reasons["acme"] == "a useful hour costs $0.5000 more"
    assert set(reasons) == {"acme", "gamma"}
    assert msgspec.json.decode(msgspec.json.encode(found), type=Procured) == found


def test_hosts_are_let_whole_and_mixed_where_the_job_allows():
    hosts = [offer(f"host{n}", 1.0 + n / 10, 4, kind="ask", tenor="SPOT") for n in range(3)]
    source = Offering(*hosts, offer("acme", 3.0))
    apart = procure_of(source, asked(together=False))
    assert [(each.venue, each.gpus) for each in apart.chosen] == [("host0", 4), ("host1", 4)]
    one = procure_of(source, asked())
    assert [each.venue for each in one.chosen] == ["acme"]
    assert "it has 4 GPUs, 8 are needed in one place" in {each.reason for each in one.passed}


def test_a_least_number_is_paid_for():
    source = Offering(offer("acme", 2.0, terms='{"min_gpus":"8"}'))
    (taken,) = procure_of(source, asked(gpus=2)).chosen
    assert (taken.gpus, taken.gpus_paid, taken.cost_usd) == (2, 8, "1600.000000")
    assert taken.usd_per_useful_hour == "8.000000"
    assert "no fewer than 8" in taken.reason


def test_what_was_counted_as_sold_out_is_not_taken():
    gone = observation(venue="acme", kind="stock", price_nanousd=0, gpus=0)
    found = procure_of(Offering(offer("acme", 1.0), gone, offer("beta", 2.0)), asked())
    assert [each.venue for each in found.chosen] == ["beta"]
    assert {each.reason for each in found.passed} == {"it is sold out"}


def test_interruptions_are_in_the_price():
    source = Offering(offer("acme", 2.0), offer("gamma", 1.9, tenor="INT"))
    often = procure_of(source, asked(interruptible=True, interrupted_share="0.2"))
    assert [each.venue for each in often.chosen] == ["acme"]
    seldom = procure_of(source, asked(interruptible=True, interrupted_share="0.01"))
    assert [each.venue for each in seldom.chosen] == ["gamma"]
    assert any("1 % of interruptible hours" in words for words in seldom.assumptions)


def test_the_limit_is_held_against_a_useful_hour():
    source = Offering(offer("acme", 2.0))
    assert not procure_of(source, asked(limit_usd="2.00")).above_limit
    assert procure_of(source, asked(limit_usd="1.99")).above_limit


def test_nothing_feasible_is_above_any_limit_and_says_why():
    found = procure_of(Offering(), asked(limit_usd="9"))
    assert (found.feasible, found.above_limit) == (False, True)
    assert found.reason == "nobody offers H100 now"


def test_the_deadline_is_counted_from_now():
    source = Offering(offer("acme", 2.0))
    in_time = procure_of(source, asked(deadline="2026-08-17T05:00:00Z"))
    assert in_time.feasible
    late = procure_of(source, asked(deadline="2026-08-17T04:00:00Z"))
    assert "it needs 100 hours, the deadline leaves 100" in late.passed[0].reason
    with pytest.raises(JobRefused, match="found one that is past"):
        procure_of(source, asked(deadline="2026-08-01T00:00:00Z"))


def test_the_auction_is_beside_it():
    class Market(Offering):
        def days(self):
            return [date(2026, 8, 12), LAST, date(2026, 8, 14)]

        def auction(self, day):
            lines = (
                AuctionLine("H100 SXM", "00:00 to 12:00", 2_000_000, 300),
                AuctionLine("H100 SXM", "12:00 to 24:00", 2_400_000, 100),
                AuctionLine("L4", "00:00 to 24:00", 500_000, 900),
            )
            return AuctionSummary(1, 1, 1, 1, 1, 1, True, lines) if day == LAST else None

    market = Market(offer("acme", 3.0))
    found = procure_of(market, asked(), market)
    assert (found.auction.price_usd, found.auction.hours) == ("2.100000", 400)
    assert procure_of(market, asked(chips=["A100"]), market).auction.price_usd is None
    assert procure_of(market, asked()).auction.reason == "ask a market that runs: --url"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"chips": ["H1000"]}, "chips: expected words such as H100, found 'H1000'"),
        ({"deadline": "soon"}, "deadline: expected a time such as"),
        ({"speeds": {"A100": "2"}}, "speeds: expected one above 0 of H100, found A100"),
        ({"speeds": {"H100": "0"}}, "speeds: expected one above 0"),
        ({"interrupted_share": "1.5"}, "interrupted_share: expected 0 to 1"),
        ({"limit_usd": "1.0000001"}, "limit_usd: expected a multiple"),
    ],
)
def test_a_bad_job_is_refused(change, words):
    with pytest.raises(JobRefused, match=words):
        procure_of(Offering(offer("acme", 2.0)), asked(**change))
