"""TEST MEMBER_OBJECTS: what may be withdrawn is what the exchange would pay out.

Takes   storms on the plain exchange; records.
Gives   claims on the objects that are answered.
Keeps   the exchange as the judge.
Source  Rulebook 3.6; decision 0034.
"""

import ipaddress

from chiphour.adapters.keys import Line
from chiphour.adapters.members import Member
from chiphour.adapters.members import Members
from chiphour.adapters.serve.member_objects import audit_object
from chiphour.adapters.serve.member_objects import free_microusd
from chiphour.adapters.serve.member_objects import key_object
from chiphour.adapters.serve.member_objects import member_object
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.engine import Account
from chiphour.exchange.reference_margin import equity_microusd
from chiphour.exchange.reference_margin import initial_margin_microusd
from chiphour.wire.key import Key
from told import kinds
from told import order
from told import told_market


def account(**more):
    values = {"cash_microusd": 100, "equity_microusd": 90, "initial_margin_microusd": 30}
    rest = dict.fromkeys(("account", "reserves_microusd", "maintenance_margin_microusd", "mode"), 0)
    return Account(**(rest | values | {"positions": (), "liquidation": 0, "tier": 0} | more))


def test_free_is_the_lesser_of_cash_and_equity_less_margin():
    assert free_microusd(account()) == 60
    assert free_microusd(account(equity_microusd=120)) == 70
    assert free_microusd(account(initial_margin_microusd=95)) == 0
    assert free_microusd(account(liquidation=1)) == 0


def test_the_exchange_pays_out_exactly_what_is_free():
    """With a position and a loss: the whole of it is paid out, a micro-dollar more is refused."""
    told = told_market()
    told.tell(order(8, "sell", 252, 100), order(9, "buy", 252, 100))
    told.mark(240)
    state = told.state
    cash = state.accounts[9].cash_microusd
    equity = equity_microusd(state, 9)
    found = account(
        cash_microusd=cash,
        equity_microusd=equity,
        initial_margin_microusd=initial_margin_microusd(state, 9),
    )
    free = free_microusd(found)
    assert told.reason(Kind.WITHDRAW, account=9, amount_microusd=free + 1) == "FUNDS_INSUFFICIENT"
    assert kinds(told.tell(command(Kind.WITHDRAW, account=9, amount_microusd=free))) == [
        "WITHDRAWN"
    ]


def test_a_sub_account_of_nobody_known_shows_the_group():
    assert member_object(Members(), Member(9, "a", "member", 20)).sub_of == "20"
    assert member_object(Members(), Member(9, "a", "member", 9)).sub_of is None


def test_a_key_and_a_line_are_shown_as_they_are():
    network = ipaddress.ip_network("192.0.2.0/24")
    scopes, contracts = frozenset({"trade", "read"}), frozenset({"B", "A"})
    key = Key("k", 9, "n", scopes, contracts, (network,), None, True, "ed25519", 0, 10**9)
    found = key_object(key)
    assert (found.scopes, found.contracts) == (["read", "trade"], ["A", "B"])
    assert (found.networks, found.expires) == (["192.0.2.0/24"], None)
    assert found.revoked == "1970-01-01T00:00:01Z"
    (line,) = audit_object([Line(0, "k", "a", "w", "admitted")]).lines
    assert (line.time, line.verdict) == ("1970-01-01T00:00:00Z", "admitted")
