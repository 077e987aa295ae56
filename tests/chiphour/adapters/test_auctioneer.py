"""AUCTIONEER: no bid without its money, no money kept for nothing, no run cleared twice.

Takes   a real market with two members; runs, bids good and bad; stops between any two steps.
Gives   what the ledger holds after each step; refusals that change nothing.
Keeps   the sum of all accounts at zero, and the auction's own account empty.
Source  docs/formulation/runs.md, sections 6 and 12; decision 0039.
"""

import json

import pytest

from auctioned import PAID_MICROUSD
from auctioned import House
from auctioned import terms_of
from chiphour.adapters.auction_run import GUARDED_FILE
from chiphour.adapters.auction_run import RESULT_FILE
from chiphour.adapters.auction_run import RUN_FILE
from chiphour.adapters.auction_run import SEALED_FILE
from chiphour.adapters.auction_run import SUMMARY_FILE
from chiphour.adapters.auctioneer import ClearingBusy
from chiphour.adapters.auctioneer import RunUnknown
from chiphour.adapters.door import WishRefused
from chiphour.auction.disclosure import check_disclosure
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.gate import AMEND
from chiphour.auction.gate import WITHDRAW
from chiphour.auction.gate import BidUnknown
from chiphour.auction.gate import Gate
from chiphour.auction.gate import GateRefused
from chiphour.exchange.reasons import Reason
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from gated import BUYER
from gated import FROM_NS
from gated import HOURS
from gated import OPENS_NS
from gated import PRODUCT
from gated import SELLER
from gated import SHUT_NS
from gated import buy
from gated import gang
from gated import guards_of
from gated import leaseback
from gated import pool
from gated import settings_of
from gated import virtual


@pytest.fixture
def house(tmp_path):
    with House(tmp_path) as house:
        house.announce()
        yield house
        assert sum(house.market.cash_microusd().values()) == 0
        assert house.cash(2) == 0


def kept(house, account):
    return PAID_MICROUSD - house.cash(account)


def test_collateral_follows_a_bid(house):
    """Submit, raise, lower and withdraw: what is reserved is what the bids that stand declare."""
    house.bid(BUYER, buy("b", "10", "2"))
    assert kept(house, BUYER) == house.collateral() == 20_000_000
    house.bid(BUYER, buy("b", "10", "3"), action=AMEND)
    assert kept(house, BUYER) == 30_000_000
    house.bid(BUYER, buy("c", "1", "1"))
    house.bid(BUYER, buy("b", "10", "1"), action=AMEND)
    assert kept(house, BUYER) == 11_000_000
    house.auctioneer.bid(BUYER, WITHDRAW, 7, "b", {})
    assert kept(house, BUYER) == 1_000_000
    house.bid(BUYER, buy("c", "1", "1"))  # The same once more.
    assert kept(house, BUYER) == house.collateral() == 1_000_000


def test_a_bid_without_its_money_is_not_there(house):
    house.bid(BUYER, buy("b", "10", "2"))
    before = house.auctions.runs[7].gate.sealed_json()
    with pytest.raises(WishRefused) as refused:
        house.bid(BUYER, buy("huge", "1000", "2"))
    assert refused.value.reason is Reason.FUNDS_INSUFFICIENT
    assert house.auctions.runs[7].gate.sealed_json() == before
    assert kept(house, BUYER) == 20_000_000
    assert len(house.auctions.runs[7].postings) == 1  # Nothing was even asked for.
    house.reopened()
    assert house.auctions.runs[7].gate.sealed_json() == before
    assert kept(house, BUYER) == 20_000_000


def test_bids_that_stand_are_not_read_again_for_each_that_comes(house, monkeypatch):
    """Twenty bids and twenty offers: each is read at most three times, not once for each other."""
    read, reads = Gate.read, []

    def counted(gate, request):
        reads.append(request.bid_id)
        return read(gate, request)

    monkeypatch.setattr(Gate, "read", counted)
    for number in range(20):
        house.bid(BUYER, buy(f"b{number}", "1", "1"))
        house.bid(SELLER, pool(f"p{number}", "1", "1"))
    assert 40 <= len(reads) <= 3 * 40


def test_a_run_clears_once_and_is_paid_once(house):
    """Supply at $1, demand at $2 for 12 chip-hours: 12 are sold; the buyer's reserve is back."""
    house.bid(SELLER, pool("p", "10", "1"))
    house.bid(BUYER, buy("b", "12", "2"))
    run = house.clear()
    sold = sum(t.quantity_hundredths for t in run.trades if t.quantity_hundredths > 0)
    assert sold == 1_200
    price = run.trades[0].price_ticks
    paid = 1_200 * price
    assert PAID_MICROUSD - house.cash(BUYER) == paid
    assert house.cash(SELLER) == PAID_MICROUSD + paid - house.collateral()
    assert house.collateral() == house.auctions.collateral_microusd(SELLER) > 0
    before = house.market.cash_microusd()
    assert house.clear() is run and house.market.cash_microusd() == before
    house.reopened()
    house.clear()
    assert house.market.cash_microusd() == before
    assert house.auctions.runs[7].trades == run.trades


def test_what_is_disclosed_is_what_was_committed(house):
    house.bid(SELLER, pool("p", "10", "1"))
    house.bid(BUYER, buy("b", "12", "2"))
    run = house.clear()
    files = [(run.folder / name).read_bytes() for name in (SEALED_FILE, RUN_FILE, RESULT_FILE)]
    assert check_disclosure(run.commitment, *files) == ()


def test_what_is_due_is_done_by_itself(house):
    house.bid(SELLER, pool("p", "10", "1"))
    house.auctioneer.tend()
    assert house.auctions.runs[7].stage == "open"
    house.time_ns = SHUT_NS
    house.auctioneer.tend()
    assert house.auctions.runs[7].stage == "cleared"
    assert house.collateral() == 0  # Nothing was sold: nothing is kept.


def test_a_stop_between_any_two_writes_loses_nothing(tmp_path):
    """Cut the lines after each one in turn; the journal stays: money and run agree again."""
    with House(tmp_path) as house:
        house.announce()
        house.bid(SELLER, pool("p", "10", "1"))
        house.bid(BUYER, buy("b", "12", "2"))
        house.bid(BUYER, buy("b", "12", "1.5"), action=AMEND)
        house.clear()
        path = house.auctions.runs[7].folder / "lines.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        whole = house.market.cash_microusd()
        for count in range(len(lines), 0, -1):
            words = json.loads(lines[count - 1])["what"]
            if words == "posting":
                continue  # It is written before money moves: the journal never knows more.
            path.write_bytes(b"".join(lines[:count]))
            house.reopened()
            cash = house.market.cash_microusd()
            assert sum(cash.values()) == 0
            if words == "cleared":
                assert cash == whole
                break


def test_a_reservation_whose_bid_was_not_written_is_given_back(tmp_path):
    with House(tmp_path) as house:
        house.announce()
        house.bid(BUYER, buy("b", "12", "2"))
        path = house.auctions.runs[7].folder / "lines.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        assert json.loads(lines[-1])["what"] == "entry"
        path.write_bytes(b"".join(lines[:-1]))
        house.reopened()
        assert house.collateral() == 0 and house.cash(BUYER) == PAID_MICROUSD
        house.bid(BUYER, buy("b", "12", "2"))
        assert house.collateral() == 24_000_000


def test_a_run_that_is_called_off_gives_all_back(house):
    house.bid(SELLER, pool("p", "10", "1"))
    house.bid(BUYER, buy("b", "12", "2"))
    house.auctioneer.cancel(7)
    assert house.collateral() == 0
    assert house.auctioneer.cancel(7).stage == "cancelled"
    with pytest.raises(GateRefused, match="expected one open, found it cancelled"):
        house.bid(BUYER, buy("c", "12", "2"))
    with pytest.raises(GateRefused, match="cancelled"):
        house.clear()


def test_a_buyer_leases_back_what_it_bought_and_no_more(house):
    """A week's run before: chips bought there may be sold again here, once."""
    house.auctioneer.cancel(7)
    house.announce(run=8, kind="week", delivers=False)
    house.announce(run=9, closes_ns=FROM_NS)
    house.bid(SELLER, pool("p", "10", "1"), run=8)
    house.bid(BUYER, buy("b", "12", "2"), run=8)
    with pytest.raises(GateRefused, match="expected at most 0 chip-hours"):
        house.bid(BUYER, leaseback("back", "1", "0.5"), run=9)
    with pytest.raises(GateRefused, match="gate closed"):
        house.clear(9)
    house.clear(8)
    held = {t.hour_ns: t.quantity_hundredths for t in house.auctions.runs[8].trades
            if t.account == BUYER}  # fmt: skip
    least = min(held.get(FROM_NS + hour * NS_PER_HOUR, 0) for hour in range(2)) // 100
    assert least > 0
    house.bid(BUYER, leaseback("back", str(least), "0.5"), run=9)
    with pytest.raises(GateRefused, match="expected at most"):
        house.bid(BUYER, leaseback("more", "10", "0.5"), run=9)
    house.bid(102, buy("late", "4", "3"), run=9)
    house.clear(9, FROM_NS)
    sold = [t for t in house.auctions.runs[9].trades if t.quantity_hundredths < 0]
    assert {t.account for t in sold} == {BUYER}


def test_virtual_positions_keep_their_collateral(house):
    """Sold short virtually at 2, closed at real time: until then the worst is reserved."""
    house.bid(BUYER, virtual("short", "sell", "2", "1"))
    house.bid(102, buy("b", "4", "2"))
    run = house.clear()
    assert {t.kind for t in run.trades if t.account == BUYER} == {"virtual"}
    needed = 3 * 10_000 * sum(-t.quantity_hundredths for t in run.trades if t.account == BUYER)
    assert house.auctions.collateral_microusd(BUYER) == needed  # The high of the rules is $3.


def test_an_owner_is_told_why(house):
    house.bid(SELLER, pool("p", "10", "1"))
    house.bid(BUYER, buy("b", "12", "2"))
    house.bid(BUYER, buy("low", "12", "0.5"))
    with pytest.raises(GateRefused, match="expected one cleared or settled"):
        house.auctioneer.explain(BUYER, 7, "b")
    house.clear()
    assert any("buys" in line for line in house.auctioneer.explain(BUYER, 7, "b"))
    assert house.auctioneer.explain(BUYER, 7, "low")
    with pytest.raises(BidUnknown):
        house.auctioneer.explain(SELLER, 7, "b")


def test_who_asks_why_holds_up_no_clearing(house):
    """One question is worked on: a second one is told to come again, a run is cleared meanwhile."""
    house.bid(SELLER, pool("p", "10", "1"))
    house.bid(BUYER, buy("b", "12", "2"))
    house.clear()
    house.announce(run=8, from_ns=FROM_NS + 10 * NS_PER_HOUR, closes_ns=SHUT_NS + NS_PER_MINUTE)
    house.time_ns = SHUT_NS + NS_PER_MINUTE
    with house.auctioneer._explaining:
        with pytest.raises(ClearingBusy):
            house.auctioneer.explain(BUYER, 7, "b")
        house.auctioneer.tend()
    assert str(house.auctions.runs[8].stage) == "cleared"
    assert house.auctioneer.explain(BUYER, 7, "b")


def test_a_run_whose_turn_has_not_come_is_tried_again_at_once(house):
    """The solver is at work for the operator: a moment later it is cleared, not in a minute."""
    house.time_ns = SHUT_NS
    with house.auctioneer._solving:
        house.auctioneer.tend()
    assert str(house.auctions.runs[7].stage) == "closed"
    house.auctioneer.tend()
    assert str(house.auctions.runs[7].stage) == "cleared"


def test_a_bid_is_validated_without_a_trace(house):
    hashed, reserved = house.auctioneer.validate(BUYER, 7, buy("b", "12", "2"))
    assert reserved == 24_000_000 and len(hashed) == 64 and house.collateral() == 0
    entry = house.bid(BUYER, buy("b", "12", "2"))
    assert (entry.hash, entry.reserved_microusd) == (hashed, reserved)
    with pytest.raises(RequestMalformed, match="product of this run"):
        house.auctioneer.validate(BUYER, 7, pool("p", "1", "1") | {"product": "X/y/z"})
    with pytest.raises(RunUnknown):
        house.auctioneer.validate(BUYER, 1, buy("b", "12", "2"))


REFUSED = {
    "number": (terms_of(settings_of()), "number that was never used"),
    "overlap": (terms_of(settings_of(run=8)), "hours that no run delivers, found run 7"),
    "lower": (terms_of(settings_of(run=6)), "a higher number beside run 7"),
    "earlier gate": (terms_of(settings_of(run=8), closes_ns=SHUT_NS - 10**9), "no earlier gate"),
    "too late": (terms_of(settings_of(run=8), closes_ns=FROM_NS + 10**9), "after delivery begins"),
    "past": (terms_of(settings_of(run=8), closes_ns=OPENS_NS), "closes: expected a time after"),
    "a day's": (terms_of(settings_of(run=739_500)), "a day's own auction"),
    "rent": (terms_of(settings_of(run=8) | {"rent_account": 100}), "settings.rent_account"),
    "sponsor": (terms_of(settings_of(run=8) | {"sponsor_account": 4}), "settings.sponsor_account"),
    "members' bids": (
        terms_of(settings_of(run=8, bids=[pool("p", "1", "1") | {"account": 100}])),
        "reserve curves alone, found sell",
    ),
    "unknown field": (terms_of(settings_of(run=8)) | {"hope": 1}, "no other field, found hope"),
    "unreadable": (terms_of({"schema": "x"}), "run.schema"),
    "rules": (
        terms_of(settings_of(run=8), rules={"schema": "x"}),
        "rules.schema",
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_run_that_cannot_stand_is_refused(house, fault):
    terms, words = REFUSED[fault]
    with pytest.raises(RequestMalformed, match=words):
        house.auctioneer.create(terms)
    assert list(house.auctions.runs) == [7]
    assert PRODUCT in house.auctions.runs[7].grid.product_numbers


# -- guard rails ---------------------------------------------------------------------------------


def guarded_files(run):
    names = (SEALED_FILE, RUN_FILE, RESULT_FILE, GUARDED_FILE)
    return [(run.folder / name).read_bytes() for name in names]


def test_the_only_supplier_is_held_to_its_reference_at_the_door(tmp_path):
    """It asks $5 where chips cost $1: cleared at $1, told at once, proved at disclosure."""
    with House(tmp_path) as house:
        house.announce(guards=guards_of())
        house.bid(SELLER, pool("p", "10", "5"))
        house.bid(BUYER, buy("b", "12", "8"))
        run = house.clear()
        assert {trade.price_ticks for trade in run.trades} == {10_000}
        told = json.loads((run.folder / SUMMARY_FILE).read_bytes())["guards"]
        assert told["offers_replaced"] == 1
        files = guarded_files(run)
        assert check_disclosure(run.commitment, *files) == ()
        with pytest.raises(RequestMalformed, match="expected bids that were sealed"):
            check_disclosure(run.commitment, *files[:3])
        planted = files[3].replace(b'"replaced":["100.p"]', b'"replaced":[]')
        assert planted != files[3]
        with pytest.raises(
            RequestMalformed, match=r"expected bids that were sealed, found '100\.p'"
        ):
            check_disclosure(run.commitment, *files[:3], planted)
        house.reopened()
        assert {trade.price_ticks for trade in house.auctions.runs[7].trades} == {10_000}
        assert sum(house.market.cash_microusd().values()) == 0


def test_what_earlier_hours_earned_lowers_the_cap_of_a_run(tmp_path):
    """Two hours at $8 earn $14 above the cost of $1; $10 are allowed: the next has a cap of $3."""
    with House(tmp_path) as house:
        guards = guards_of(pivotal=None)
        house.announce(guards=guards)
        house.bid(SELLER, pool("p", "1", "1"))
        house.bid(BUYER, buy("b", "20", "8"))
        scarce = house.clear()
        assert {trade.price_ticks for trade in scarce.trades} == {80_000}
        later = {"run": 9, "from_ns": FROM_NS + HOURS * NS_PER_HOUR}
        house.announce(closes_ns=FROM_NS, guards=guards, **later)
        window = {"from_ns": later["from_ns"]}
        house.bid(SELLER, pool("q", "1", "1"), run=9)
        house.bid(102, pool("dear", "1", "4"), run=9)
        house.bid(BUYER, buy("c", "20", "8", **window), run=9)
        run = house.clear(9, FROM_NS)
        assert run.cap_ticks == 30_000 and run.grid.cap_ticks == 120_000
        assert {trade.price_ticks for trade in run.trades} == {30_000}
        assert {trade.account for trade in run.trades} == {SELLER, BUYER}
        assert [name for name, _ in run.refused] == ["102.dear"]
        assert check_disclosure(run.commitment, *guarded_files(run)) == ("102.dear",)
        assert house.reopened().auctions.runs[9].cap_ticks == 30_000
        after = {"run": 11, "from_ns": FROM_NS + 6 * NS_PER_HOUR}
        house.announce(closes_ns=FROM_NS + NS_PER_HOUR, guards=guards, **after)
        run = house.clear(11, FROM_NS + NS_PER_HOUR)
        assert run.cap_ticks == 120_000  # Its window holds none but hours at the low cap.


def test_a_run_brings_the_reserve_that_its_operator_measured(tmp_path):
    """Short by 2 chips on average: $1.50 for the first chip held, less and less beyond it."""
    curve = {"region": "us", "mean": "2", "sd": "1", "least": "1", "cutoff": "1.5"}
    with House(tmp_path) as house:
        house.announce(scarcity=[curve | {"width": "1", "reach": "6"}])
        house.bid(SELLER, pool("p", "3", "1") | {"reserve": True})
        house.bid(BUYER, buy("b", "2", "9"))
        run = house.clear()
        rows = json.loads((run.folder / SUMMARY_FILE).read_bytes())["scarcity"]
        assert rows and all(row["region"] == "us" for row in rows)
        assert all(float(row["price_usd"]) > 0 for row in rows)
        assert check_disclosure(run.commitment, *guarded_files(run)) == ()
        for fault in ({"region": "mars"}, {"sd": "0"}, {"width": "0"}, {"more": 1}):
            terms = terms_of(settings_of(run=8), scarcity=[curve | fault])
            with pytest.raises(RequestMalformed):
                house.auctioneer.create(terms)


def test_a_sponsor_without_money_leaves_the_run_closed(tmp_path):
    """Reserve that no buyer's surplus pays for: nothing is written, and it may be called off."""
    curve = {"region": "us", "mean": "2", "sd": "1", "least": "1", "cutoff": "9"}
    with House(tmp_path) as house:
        house.announce(scarcity=[curve | {"width": "1", "reach": "6"}])
        house.bid(SELLER, pool("p", "3", "1") | {"reserve": True})
        with pytest.raises(WishRefused, match="sponsor: expected"):
            house.clear()
        assert house.auctions.runs[7].stage == "closed"
        house.auctioneer.cancel(7)
        assert house.collateral() == 0 and house.cash(SELLER) == PAID_MICROUSD


def test_a_run_that_cannot_be_cleared_is_tried_less_and_less_often(house, monkeypatch):
    """After one minute, two more, four more: it does not take the solver from all others."""
    tried = []

    def fails(number):
        tried.append((house.time_ns - SHUT_NS) // NS_PER_MINUTE)
        raise WishRefused("planted", Reason.FUNDS_INSUFFICIENT)

    monkeypatch.setattr(house.auctioneer, "clear", fails)
    for minute in range(16):
        house.time_ns = SHUT_NS + minute * NS_PER_MINUTE
        house.auctioneer.tend()
    assert tried == [0, 1, 3, 7, 15]


def test_a_pool_is_the_same_chips_in_every_run(house):
    """Ten chips, six of them sold in the week's run: four are left for the day's."""
    house.auctioneer.cancel(7)
    house.announce(run=8, kind="week", delivers=False)
    house.bid(SELLER, pool("p", "10", "1"), run=8)
    body = buy("b", "12", "2")
    body["modes"][0]["chips_max"] = "6"
    house.bid(BUYER, body, run=8)
    house.announce(run=9, closes_ns=FROM_NS)
    house.bid(SELLER, pool("p", "10", "1"), run=9)  # Nothing is sold yet.
    house.clear(8)
    with pytest.raises(GateRefused, match="expected at most 4 chips, the rest is sold, found 5"):
        house.bid(SELLER, pool("p", "5", "1"), run=9, action=AMEND)
    house.bid(102, pool("p", "5", "1"), run=9)  # Another's pool of this name is another pool.
    house.bid(SELLER, pool("new", "5", "1"), run=9)
    run = house.clear(9, FROM_NS)
    assert [name for name, _ in run.refused] == ["100.p"]
    assert check_disclosure(run.commitment, *guarded_files(run)) == ("100.p",)


def test_a_bid_whose_pool_was_withdrawn_holds_up_no_other(house):
    house.bid(SELLER, pool("p", "16", "1"))
    house.bid(BUYER, gang("g", 8, 1, "10"))
    house.auctioneer.bid(SELLER, WITHDRAW, 7, "p", {})
    house.bid(BUYER, buy("b", "1", "1"))
    run = house.clear()
    assert [name for name, _ in run.refused] == ["101.g"]
