"""GATE: bids are taken and changed in time, sealed, and stand behind their money.

Takes   a run of one product; requests, good and bad, in any order.
Gives   what stands, what must be reserved, what is refused and why.
Keeps   a refusal without a trace: the sealed run is the same, byte for byte.
Source  docs/formulation/runs.md, section 12; decision 0039.
"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction import gate as gate_module
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.gate import ACTIONS
from chiphour.auction.gate import AMEND
from chiphour.auction.gate import BIDS_EACH_MAX
from chiphour.auction.gate import SUBMIT
from chiphour.auction.gate import WITHDRAW
from chiphour.auction.gate import BidUnknown
from chiphour.auction.gate import Gate
from chiphour.auction.gate import GateRefused
from chiphour.auction.gate import Request
from chiphour.auction.gate import Terms
from chiphour.auction.gate import sealed_json
from chiphour.auction.instance import bid_hash
from chiphour.auction.instance import canonical
from chiphour.auction.instance import from_fields
from chiphour.auction.instance import read_run
from gated import BUYER
from gated import OPENS_NS
from gated import PRODUCT
from gated import SELLER
from gated import SHUT_NS
from gated import buy
from gated import gang
from gated import pool
from gated import settings_of
from gated import virtual


def gate(**more):
    terms = Terms(settings_of(**more), OPENS_NS, SHUT_NS, SHUT_NS + 1, "5a17")
    return Gate(terms, from_fields(terms.settings))


def stocked(mode, resource):
    """Give a mode whose chips need a side resource."""
    return mode | {"perf": [row | {"needs": {resource: 1}} for row in mode["perf"]]}


def asks(one, action, account, body, time_ns=OPENS_NS, bid_id=None):
    """Judge a request and take it; give the entry."""
    request = Request(time_ns, action, account, bid_id or body["id"], body)
    entry = one.judge(request)
    one.add(entry)
    return entry


def test_a_run_is_sealed_with_the_bids_that_stand():
    one = gate()
    asks(one, SUBMIT, SELLER, pool("fleet", "10", "1.5"))
    asks(one, SUBMIT, BUYER, buy("train", "5", "2"))
    asks(one, SUBMIT, BUYER, buy("other", "5", "2"))
    asks(one, AMEND, BUYER, buy("train", "5", "3"))
    asks(one, WITHDRAW, BUYER, {}, bid_id="other")
    instance, refused = read_run(one.sealed())
    assert not refused
    assert sorted(instance.bid_by_id) == [f"{SELLER}.fleet", f"{BUYER}.train"]
    assert [entry.request.bid_id for entry in one.bids_of(BUYER)] == ["train"]
    entry = one.bids_of(BUYER)[0]
    assert entry.hash == bid_hash(instance.bid_by_id[f"{BUYER}.train"], instance.grid)


def test_two_members_may_use_one_id_and_learn_nothing_of_each_other():
    one = gate()
    asks(one, SUBMIT, SELLER, pool("a", "10", "1.5"))
    asks(one, SUBMIT, BUYER, buy("a", "5", "2"))
    with pytest.raises(BidUnknown, match="one of your own that stands, found 'b'"):
        asks(one, WITHDRAW, BUYER, {}, bid_id="b")
    with pytest.raises(BidUnknown):
        asks(one, AMEND, 999, buy("a", "5", "2"))


SECRETLY = {
    "no such pool": gang("g", 64, 1, "50"),
    "small": gang("g", 8, 1, "50"),
    "stock": buy("g", "5", "2") | {"modes": [stocked(buy("g", "5", "2")["modes"][0], "disk")]},
    "refused": gang("g", 9, 1, "50"),
}


@pytest.mark.parametrize("body", SECRETLY.values(), ids=SECRETLY)
def test_no_answer_tells_what_another_offers(body):
    """Ask with nothing for sale, with a pool of 16 chips, and with many that stock disks: alike."""
    answers = []
    for pools in (0, 1, 40):
        one = gate()
        for number in range(pools):
            stock = {"side_stock": {"disk": [4, 4]}} if pools > 1 else {}
            asks(one, SUBMIT, SELLER, pool(f"p{number}", "16", "1") | stock)
        try:
            entry = one.judge(Request(OPENS_NS, SUBMIT, BUYER, "g", body))
            answers.append((entry._replace(sequence=0), one.open_with_hundredths(entry)))
        except RequestMalformed as fault:
            answers.append(str(fault))
    assert answers[0] == answers[1] == answers[2]


def test_what_stands_beside_an_entry_is_read_once():
    """Two offers, a bet and a purchase: the offer and the bet beside the other, each kept read."""
    one = gate()
    asks(one, SUBMIT, SELLER, virtual("v", "sell", "1", "1"))
    asks(one, SUBMIT, SELLER, buy("b", "5", "2"))
    asks(one, SUBMIT, SELLER, pool("p", "10", "1"))
    entry = one.judge(Request(OPENS_NS, AMEND, SELLER, "p", pool("p", "9", "1")))
    (first,), (again,) = one.beside(entry), one.beside(entry)
    assert first is again and first.id == f"{SELLER}.v"
    one.add(entry)
    other = one.judge(Request(OPENS_NS, AMEND, SELLER, "v", virtual("v", "sell", "2", "1")))
    assert [bid.inventory_hundredths for bid in one.beside(other)] == [(900, 900)]
    one.add(other)
    entry = one.judge(Request(OPENS_NS, AMEND, SELLER, "p", pool("p", "8", "1")))
    assert [bid.curve[0][0] for bid in one.beside(entry)] == [200]


def test_hours_left_open_are_those_of_the_bids_that_would_stand():
    one = gate()
    asks(one, SUBMIT, BUYER, buy("a", "5", "2"))
    asks(one, SUBMIT, BUYER, buy("b", "7", "2"))
    for body, hours in ((buy("b", "6", "2"), 1_100), (buy("b", "9", "2"), 1_400)):
        entry = one.judge(Request(OPENS_NS, AMEND, BUYER, "b", body))
        assert one.open_with_hundredths(entry) == hours
        one.add(entry)
    asks(one, WITHDRAW, BUYER, {}, bid_id="a")
    entry = one.judge(Request(OPENS_NS, SUBMIT, BUYER, "c", gang("c", 8, 2, "9")))
    assert one.open_with_hundredths(entry) == 900 + 1_600


def test_what_a_bid_must_have_behind_it():
    """By hand: 5 units at $2; 2 h of 10 chips at a tenth of $1.5; virtual from -1 to 12."""
    one = gate(floor="-1")
    assert asks(one, SUBMIT, BUYER, buy("b", "5", "2")).reserved_microusd == 10_000_000
    limited = buy("l", "5", "2") | {"limits": {"spend_usd": "7.5"}}
    assert asks(one, SUBMIT, BUYER, limited).reserved_microusd == 7_500_000
    assert asks(one, SUBMIT, SELLER, pool("p", "10", "1.5")).reserved_microusd == 3_000_000
    assert asks(one, SUBMIT, SELLER, pool("n", "10", "-1")).reserved_microusd == 20_000_000
    bought = asks(one, SUBMIT, BUYER, virtual("v", "buy", "3", "2"))
    assert bought.reserved_microusd == 2 * 3 * (2 + 1) * 1_000_000
    sold = asks(one, SUBMIT, BUYER, virtual("w", "sell", "3", "2"))
    assert sold.reserved_microusd == 2 * 3 * 12 * 1_000_000
    assert one.owed_microusd(BUYER) == 17_500_000 + 18_000_000 + 72_000_000


def test_what_is_owed_with_an_entry_is_what_is_owed_after_it():
    one = gate()
    asks(one, SUBMIT, BUYER, buy("b", "5", "2"))
    request = Request(OPENS_NS, AMEND, BUYER, "b", buy("b", "5", "1"))
    entry = one.judge(request)
    with_it = one.owed_with_microusd(entry)
    one.add(entry)
    assert with_it == one.owed_microusd(BUYER) == 5_000_000


def test_the_same_request_again_changes_nothing():
    one = gate()
    first = asks(one, SUBMIT, BUYER, buy("b", "5", "2"))
    assert asks(one, SUBMIT, BUYER, buy("b", "5", "2"), time_ns=OPENS_NS + 1) == first
    one.add(first)
    assert len(one.entries) == 1


def test_the_commitment_is_salted_and_fixes_every_byte():
    one, other = gate(), gate()
    for each in (one, other):
        asks(each, SUBMIT, BUYER, buy("b", "5", "2"))
    assert one.commitment() == other.commitment()
    assert b'"salt":"5a17"' in one.sealed_json()
    assert sealed_json(one.sealed(), "5a18") != one.sealed_json()
    asks(other, AMEND, BUYER, buy("b", "5", "2.0001"))
    assert one.commitment() != other.commitment()


REFUSED = {
    "early": (Request(OPENS_NS - 1, SUBMIT, BUYER, "n", buy("n", "5", "2")), "from its opening on"),
    "late": (Request(SHUT_NS, SUBMIT, BUYER, "n", buy("n", "5", "2")), "before its gate closes"),
    "late to leave": (Request(SHUT_NS, WITHDRAW, BUYER, "b", {}), "before its gate closes"),
    "no such act": (Request(OPENS_NS, "sell", BUYER, "n", buy("n", "5", "2")), "submit, amend, wi"),
    "twice": (Request(OPENS_NS, SUBMIT, BUYER, "b", buy("b", "5", "9")), "you do not use"),
    "unknown": (Request(OPENS_NS, AMEND, BUYER, "n", buy("n", "5", "2")), "of your own"),
    "another's": (Request(OPENS_NS, WITHDRAW, SELLER, "b", {}), "of your own"),
    "id": (Request(OPENS_NS, SUBMIT, BUYER, "n", buy("m", "5", "2")), "bid.id: expected 'n'"),
    "no id": (Request(OPENS_NS, SUBMIT, BUYER, "", buy("", "5", "2")), "a letter or digit first"),
    "no place": (Request(OPENS_NS, SUBMIT, BUYER, "..", buy("..", "5", "2")), "a letter or digit"),
    "long id": (Request(OPENS_NS, SUBMIT, BUYER, "n" * 49, buy("n" * 49, "5", "2")), "48 charact"),
    "account": (
        Request(OPENS_NS, SUBMIT, BUYER, "n", buy("n", "5", "2") | {"account": SELLER}),
        "bid.account: expected 101, or none, found 100",
    ),
    "reserve": (
        Request(OPENS_NS, SUBMIT, BUYER, "n", {"kind": "reserve", "id": "n", "region": "us"}),
        "bid.kind: expected buy or leaseback or sell or virtual",
    ),
    "no bid": (Request(OPENS_NS, SUBMIT, BUYER, "n", {}), "bid.kind"),
    "a list": (Request(OPENS_NS, SUBMIT, BUYER, "n", ["n"]), "bid: expected an object"),
    "unreadable": (
        Request(OPENS_NS, SUBMIT, BUYER, "n", buy("n", "5", "2") | {"hope": "1"}),
        "no other field, found hope",
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_is_refused_changes_nothing(fault):
    request, words = REFUSED[fault]
    one = gate()
    asks(one, SUBMIT, BUYER, buy("b", "5", "2"))
    before = one.sealed_json()
    with pytest.raises(RequestMalformed, match=words):
        one.judge(request)
    assert one.sealed_json() == before and len(one.entries) == 1


def test_nobody_may_fill_a_run():
    one = gate()
    for number in range(BIDS_EACH_MAX):
        asks(one, SUBMIT, BUYER, virtual(f"v{number}", "buy", "1", "1"))
    with pytest.raises(GateRefused, match=f"at most {BIDS_EACH_MAX} bids of yours"):
        asks(one, SUBMIT, BUYER, virtual("more", "buy", "1", "1"))
    asks(one, SUBMIT, SELLER, virtual("v0", "sell", "1", "1"))


def test_nobody_may_fill_the_memory_with_amendments(monkeypatch):
    """Of 2,000 bytes a few bids of some 400 are taken; then they can be withdrawn, and no more."""
    monkeypatch.setattr(gate_module, "BYTES_EACH_MAX", 2_000)
    one, bodies = gate(), [buy("b", "5", str(price)) for price in range(1, 20)]
    asks(one, SUBMIT, BUYER, bodies[0])
    most = -(-2_000 // len(canonical(bodies[0])))
    for body in bodies[1:most]:
        asks(one, AMEND, BUYER, body)
    with pytest.raises(GateRefused, match="at most 2000 bytes of bids of yours"):
        asks(one, AMEND, BUYER, bodies[most])
    asks(one, SUBMIT, SELLER, buy("b", "5", "2"))
    asks(one, WITHDRAW, BUYER, {}, bid_id="b")


BODIES = st.sampled_from(
    [
        buy("a", "5", "2"),
        buy("b", "5", "2"),
        pool("a", "10", "1.5"),
        pool("b", "0.5", "1"),
        virtual("a", "sell", "3", "2"),
    ]
)
REQUESTS = st.tuples(st.sampled_from(ACTIONS), st.sampled_from((SELLER, BUYER)), BODIES)


@given(st.lists(REQUESTS, max_size=12))
def test_entries_fold_to_the_same_gate(drawn):
    """Ask anything: the entries alone, taken by another gate, give the same sealed run."""
    one, other = gate(), gate()
    for time_ns, (action, account, body) in enumerate(drawn, OPENS_NS):
        before = one.sealed_json()
        try:
            asks(one, action, account, body, time_ns)
        except RequestMalformed:
            assert one.sealed_json() == before
    for entry in one.entries:
        other.add(entry)
    assert other.sealed_json() == one.sealed_json()
    for account in one.accounts:
        assert other.owed_microusd(account) == one.owed_microusd(account) >= 0
    instance, refused = read_run(one.sealed())
    assert not refused and len(instance.bids) == one.bids
    assert all(Fraction(each.reserved_microusd) >= 0 for each in one.entries)
    assert PRODUCT in instance.grid.product_numbers
