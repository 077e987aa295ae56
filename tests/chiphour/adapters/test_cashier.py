"""TEST CASHIER: a wish for money is done once, exactly, or not at all.

Takes   a door to a plain exchange.
Gives   claims on amounts, idempotency words, transfers.
Keeps   the sum of all cash.
Source  Rulebook 3.6; decision 0034.
"""

import asyncio

import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.adapters.cashier import AmountRefused
from chiphour.adapters.cashier import Cashier
from chiphour.adapters.cashier import WordReused
from chiphour.adapters.cashier import amount_from_text
from chiphour.adapters.cashier import check_amount
from chiphour.adapters.door import WishRefused
from chiphour.adapters.members import name_bytes
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.limits import MONEY_MICROUSD_MAX
from chiphour.exchange.reasons import Reason
from chiphour.units import text_from_microusd
from doored import PlainDoor

USD = 1_000_000


def office():
    """Give a door with two members, the first with a sub-account, and their cashier."""
    door = PlainDoor()
    for account, name, group in ((20, "acme", 0), (21, "acme hedge", 20), (22, "other", 0)):
        row = command(Kind.OPEN_ACCOUNT, account=account, group=group)
        door.tell(row, name_bytes(account, name))
    return door, Cashier(door, door.members), *map(door.members.of, (20, 21, 22))


def test_money_moves_in_between_and_out():
    door, cashier, acme, hedge, _ = office()

    async def moves():
        paid = await cashier.deposit(acme, 100 * USD)
        moved = await cashier.transfer(acme, hedge, 30 * USD)
        left = await cashier.withdraw(hedge, 10 * USD)
        return paid, moved, left

    paid, moved, left = asyncio.run(moves())
    assert (paid.what, moved.what, left.what) == ("deposit", "transfer", "withdrawal")
    assert (paid.cash_microusd, moved.cash_microusd) == (100 * USD, 70 * USD)
    assert (moved.target, left.cash_microusd) == (21, 20 * USD)
    assert (door.cash(20), door.cash(21), door.cash(0)) == (70 * USD, 20 * USD, -90 * USD)


def test_a_word_said_twice_is_done_once():
    """Also at the same time, and by a cashier that began after a restart."""
    door, cashier, acme, *_ = office()

    async def twice():
        return await asyncio.gather(*(cashier.deposit(acme, 7 * USD, "pay-1") for _ in range(5)))

    first, *others = asyncio.run(twice())
    assert others == [first] * 4
    again = asyncio.run(Cashier(door, door.members).deposit(acme, 7 * USD, "pay-1"))
    assert again == first
    assert door.cash(20) == 7 * USD


def test_a_refusal_is_repeated_too():
    """What was refused then is refused again, although there is money now."""
    _, cashier, acme, *_ = office()
    for _ in range(2):
        with pytest.raises(WishRefused, match="FUNDS_INSUFFICIENT") as caught:
            asyncio.run(cashier.withdraw(acme, 5 * USD, "out"))
        assert caught.value.reason == Reason.FUNDS_INSUFFICIENT
        asyncio.run(cashier.deposit(acme, 50 * USD))


def test_a_word_stands_for_one_request_of_one_account():
    door, cashier, acme, hedge, _ = office()
    asyncio.run(cashier.deposit(acme, 7 * USD, "w"))
    for wish in (cashier.deposit(acme, 8 * USD, "w"), cashier.withdraw(acme, 7 * USD, "w")):
        with pytest.raises(WordReused, match="used for another deposit"):
            asyncio.run(wish)
    assert asyncio.run(cashier.deposit(hedge, 8 * USD, "w")).cash_microusd == 8 * USD
    assert door.cash(20) == 7 * USD


@pytest.mark.parametrize("word", ["a b", "\u00e9", "x" * 65, "a\n"])
def test_a_word_is_short_and_plain(word):
    _, cashier, acme, *_ = office()
    with pytest.raises(AmountRefused, match="Idempotency-Key: expected 1 to 64"):
        asyncio.run(cashier.deposit(acme, USD, word))


def test_money_moves_between_accounts_of_one_member_only():
    door, cashier, acme, hedge, other = office()
    asyncio.run(cashier.deposit(acme, 9 * USD))
    for source, target in ((acme, other), (other, hedge), (acme, acme)):
        with pytest.raises(WishRefused, match="expected two accounts of one member"):
            asyncio.run(cashier.transfer(source, target, USD))
    assert door.cash(20) == 9 * USD


@pytest.mark.parametrize("text", ["1", "0.000001", "1250.50", "0001.1", "1152921504606.846976"])
def test_an_amount_is_read_exactly(text):
    whole, _, part = text.partition(".")
    assert amount_from_text(text) == int(whole) * USD + int(part.ljust(6, "0") or 0)


@pytest.mark.parametrize(
    "text",
    [
        *("", "-1", "+1", " 1", "1 ", "1e3", "1.", ".5", "0.0000001", "1,5", "1_0", "\u0661"),
        *("NaN", "0", "0.0", "1152921504606.846977", "9" * 14, "1\n"),
    ],
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(AmountRefused, match="amount: expected"):
        amount_from_text(text)


@given(st.integers(-(1 << 63), 1 << 63))
@example(MONEY_MICROUSD_MAX)
@example(MONEY_MICROUSD_MAX + 1)
@example(0)
def test_an_amount_written_is_the_amount_read(amount_microusd):
    """Write any amount and read it: it is the same, or refused where it is out of bounds."""
    if 0 < amount_microusd <= MONEY_MICROUSD_MAX:
        check_amount(amount_microusd)
        assert amount_from_text(text_from_microusd(amount_microusd)) == amount_microusd
    else:
        with pytest.raises(AmountRefused):
            check_amount(amount_microusd)


WISHES = st.lists(
    st.tuples(
        st.sampled_from(["deposit", "withdraw", "transfer"]),
        st.sampled_from([20, 21, 22]),
        st.sampled_from([20, 21, 22]),
        st.integers(1, 5),
        st.sampled_from(["", "a", "b"]),
    ),
    max_size=20,
)


@settings(max_examples=60)
@given(WISHES)
def test_each_wish_moves_its_money_once(wishes):
    """Say any wishes, all at once, some with a word used before: cash is what first answers say."""
    door, cashier, *_ = office()
    owners = {account: door.members.of(account) for account in (20, 21, 22)}

    async def say():
        said = []
        for what, one, other, amount, word in wishes:
            more = (owners[other],) if what == "transfer" else ()
            said.append(getattr(cashier, what)(owners[one], *more, amount, word))
        return await asyncio.gather(*said, return_exceptions=True)

    cash = dict.fromkeys(owners, 0)
    done = {}
    for outcome in asyncio.run(say()):
        if isinstance(outcome, Exception):
            assert isinstance(outcome, WishRefused)
        else:
            done[outcome.sequence] = outcome
    for outcome in done.values():
        cash[outcome.account] += outcome.amount_microusd * (1 if outcome.what == "deposit" else -1)
        if outcome.target:
            cash[outcome.target] += outcome.amount_microusd
    assert cash == {account: door.cash(account) for account in owners}
    assert door.cash(0) + sum(cash.values()) == 0
