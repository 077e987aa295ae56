"""TEST ENROLMENT: who joins has an account, money and a key; or nothing has begun.

Takes   a door to a plain exchange, and a file of keys.
Gives   claims on joining, keys and halts.
Keeps   names unique, also among those who join at once.
Source  Rulebook 3.1 and 10.3; decision 0034.
"""

import asyncio

import pytest

from chiphour.adapters.door import WishRefused
from chiphour.adapters.enrolment import ALL_CONTRACTS
from chiphour.adapters.enrolment import Enrolment
from chiphour.adapters.enrolment import Joining
from chiphour.adapters.enrolment import KeyTerms
from chiphour.adapters.enrolment import halt
from chiphour.adapters.key_file import KeyRingRefused
from chiphour.adapters.keys import KeyRing
from chiphour.adapters.members import MemberExists
from chiphour.adapters.members import MemberRefused
from chiphour.adapters.members import MemberUnknown
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Mode
from chiphour.exchange.compose import command
from chiphour.exchange.limits import MONEY_MICROUSD_MAX
from doored import PlainDoor
from keyed import at
from keyed import signed


@pytest.fixture
def ring(tmp_path):
    ring = KeyRing(tmp_path)
    yield ring
    ring.close()


@pytest.fixture
def office(ring):
    door = PlainDoor()
    return door, Enrolment(door, door.members, ring)


def add(enrolment, name, *words, **more):
    return asyncio.run(enrolment.add(Joining(name, *words, **more)))


def test_who_joins_has_an_account_money_and_a_key_that_signs(office, ring):
    door, enrolment = office
    terms = KeyTerms(("read", "trade"), ("H100SXMOD",), ("192.0.2.0/24",))
    joined = add(enrolment, "acme", 5_000_000, terms)
    assert joined.cash_microusd == door.cash(joined.member.account) == 5_000_000
    assert door.members.named("acme") == joined.member
    assert joined.key.account == joined.member.account
    ring_now = KeyRing(ring.path.parent, now_ns=lambda: joined.key.created_ns)
    use = at(joined.key.created_ns, scope="trade", contract="H100SXMOD_USDC-PERPETUAL")
    claim = signed(joined.key, joined.secret, stamp_ns=joined.key.created_ns)
    assert ring_now.admit(claim, use) == joined.key
    ring_now.close()
    assert joined.secret not in repr(joined)


def test_a_sub_account_is_of_its_members_group(office):
    _, enrolment = office
    acme = add(enrolment, "acme").member
    hedge = add(enrolment, "acme hedge", sub_of="ACME").member
    assert (hedge.group, hedge.is_sub) == (acme.account, True)
    with pytest.raises(MemberUnknown):
        add(enrolment, "more", sub_of="nobody")


def test_of_many_who_want_one_name_one_gets_it(office, ring):
    _, enrolment = office

    async def race():
        wishes = [enrolment.add(Joining("acme")) for _ in range(6)]
        return await asyncio.gather(*wishes, return_exceptions=True)

    found = asyncio.run(race())
    assert sum(isinstance(each, MemberExists) for each in found) == 5
    assert len(ring.keys()) == 1


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (KeyTerms(("fly",)), "expected scopes"),
        (KeyTerms(networks=("192.0.2.1/24",)), "expected a network"),
        (KeyTerms(expires_ns=1), "expected an expiry"),
        (KeyTerms(public="00" * 31), "public key"),
        (KeyTerms(contracts=("H100SXMOD",)), "expected the scope trade"),
    ],
)
def test_a_key_that_cannot_be_opens_no_account(office, terms, words):
    door, enrolment = office
    with pytest.raises(KeyRingRefused, match=words):
        add(enrolment, "acme", 0, terms)
    assert not door.frames


def test_a_deposit_that_is_refused_is_told_with_what_was_done(office, ring):
    door, enrolment = office
    add(enrolment, "rich", MONEY_MICROUSD_MAX)
    with pytest.raises(WishRefused, match=r"'late' has joined, without money.*MONEY_ABOVE_MAX"):
        add(enrolment, "late", 1)
    assert door.members.named("late")
    assert len(ring.keys()) == 1
    with pytest.raises(WishRefused, match="amount"):
        add(enrolment, "negative", -1)


def test_a_full_market_says_so(office):
    _, enrolment = office
    for number in range(24):  # The plain exchange has 32 accounts, eight of them its own.
        add(enrolment, f"m{number}")
    with pytest.raises(MemberRefused, match="expected a free account among 32"):
        add(enrolment, "late")


def test_a_further_key_acts_for_the_same_account(office):
    _, enrolment = office
    joined = add(enrolment, "acme")
    key, secret = asyncio.run(enrolment.add_key(joined.member, "bot", KeyTerms(("withdraw",))))
    assert (key.account, key.name) == (joined.member.account, "bot")
    assert secret != joined.secret


def test_a_halt_reaches_a_member_and_is_refused_for_none(office):
    door, enrolment = office
    account = add(enrolment, "acme").member.account
    asyncio.run(halt(door, Mode.HALTED, account=account, cancels=True))
    order = command(Kind.CANCEL_ALL, account=account, contract=ALL_CONTRACTS)
    door.tell(order)
    assert door.reference.state.accounts[account].mode == Mode.HALTED
    asyncio.run(halt(door, Mode.NORMAL, contract=ALL_CONTRACTS))
    with pytest.raises(WishRefused, match="CONTRACT_UNKNOWN"):
        asyncio.run(halt(door, Mode.HALTED, contract=3))
