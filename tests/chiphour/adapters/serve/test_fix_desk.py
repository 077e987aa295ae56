"""TEST FIX DESK: what a member may ask, how often, and of which contracts.

Takes   a real market behind the door; keys of few contracts; a limit that is reached.
Gives   refusals in the message that FIX has for each.
Keeps   cancels are never limited. (What trades and how is in `tests/clients`.)
Source  Decisions 0029 and 0032.
"""

import pytest

from chiphour.adapters.serve import fix_desk
from chiphour.wire.key import READ
from chiphour.wire.key import TRADE
from fix_floor import fix_floor
from fix_member import FixMember
from fix_member import now
from trading import NAME

LIMITED: set[str] = set()


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    def allow(account, msg_type):
        return "too many" if msg_type in LIMITED else ""

    with fix_floor(tmp_path_factory.mktemp("desk"), range(1000, 1010), allow=allow) as found:
        found.accounts = iter(range(1000, 1010))
        yield found


@pytest.fixture
def make(floor):
    """Give what logs a fresh member on, with a key of these scopes and contracts."""
    made = []

    def one(scopes=(READ, TRADE), **more):
        made.append(FixMember(floor, floor.member(next(floor.accounts), scopes, **more)).connect())
        return made[-1]

    yield one
    LIMITED.clear()
    for each in made:
        each.break_off()


def test_what_is_too_much_is_refused_but_a_cancel_never(make):
    one = make()
    one.order("a")
    one.take("8", t150=0)
    LIMITED.update(("D", "G", "F", "q", "V", "H"))
    one.order("b")
    assert one.take("8", t150=8).text(58) == "RATE_LIMITED: too many"
    one.send("H", (11, "a"), (55, NAME), (54, 1))
    assert one.take("j").text(58) == "RATE_LIMITED: too many"
    one.cancel("c", "a")
    assert one.take("8", t150=4)
    one.send("q", (11, "q"), (530, 7), (60, now()))
    assert one.take("r")


def test_key_of_few_contracts_trades_those_alone(make):
    other = make(contracts=("H200",))
    for message in (
        ("D", (11, "a"), (55, NAME), (54, 1), (60, now()), (38, 1), (40, 2), (44, "2.9")),
        ("F", (41, "x"), (11, "b"), (55, NAME), (54, 1), (60, now()), (38, 1)),
        ("q", (11, "c"), (530, 1), (55, NAME), (60, now())),
        ("q", (11, "d"), (530, 7), (60, now())),
    ):
        other.send(*message)
        assert other.take("j").text(380) == "6"
    same = make(contracts=("H100SXMOD",))
    same.order("a")
    assert same.take("8", t150=0)
    same.send("q", (11, "d"), (530, 7), (55, NAME), (60, now()))
    assert same.take("j").text(380) == "6"  # Its symbol does not make it fewer orders.


def test_so_many_on_their_way_wait_and_all_are_answered(make, monkeypatch):
    monkeypatch.setattr(fix_desk, "IN_FLIGHT_MAX", 3)
    one = make()
    for number in range(20):
        one.order(f"n{number}", price="2.5")
    for number in range(20):
        assert one.take("8", t11=f"n{number}").text(150) == "0"


def test_full_gateway_is_a_refusal_and_the_session_goes_on(make, monkeypatch):
    one = make()
    monkeypatch.setattr("chiphour.adapters.gateway.PENDING_MAX", 0)
    one.order("a")
    assert one.take("8", t150=8).text(58).startswith("BUSY")
    one.send("q", (11, "q"), (530, 7), (60, now()))
    assert one.take("r").text(531) == "0"
    monkeypatch.undo()
    one.order("b")
    assert one.take("8", t150=0).text(11) == "b"


def test_status_and_positions_of_what_is_not_there(make):
    one = make()
    one.send("H", (11, "none"), (55, NAME), (54, 1))
    assert one.take("8", t150="I").text(39) == "8"
    one.send("AF", (584, "m"), (585, "3"))
    assert one.take("j")
    one.send("AF", (584, "m"), (585, "1"), (55, "NONE"))
    assert one.take("j").text(380) == "2"
    account = one.member.account
    for kind, named, result in ((1, account, "4"), (0, account + 1, "3"), (0, account, "2")):
        more = ((581, 1), (715, "20260721"), (60, now()))
        one.send("AN", (710, "p"), (724, kind), (1, named), *more)
        assert one.take("AO").text(728) == result
    one.send("e", (324, "e"), (55, "NONE"), (263, 0))
    assert one.take("j").text(380) == "2"
