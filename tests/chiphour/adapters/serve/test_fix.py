"""TEST FIX: the door: who is let in, and what outlives connections, revocations and starts.

Takes   a real market behind the door, on loopback; our own session as the member's engine.
Gives   logons, their refusals, ends.
Keeps   foreign engines have tests of their own, in `tests/clients`.
Source  FIX 4.4 volume 2; decisions 0029 and 0032.
"""

import asyncio
import socket
import ssl
import threading

import pytest

from chiphour.adapters.keys import KeyRing
from chiphour.adapters.serve import fix
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from fix_floor import fix_floor
from fix_member import FixMember
from trading import NAME


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    with fix_floor(tmp_path_factory.mktemp("door"), range(1000, 1010)) as found:
        found.accounts = iter(range(1000, 1010))
        yield found


@pytest.fixture
def member(floor):
    return floor.member(next(floor.accounts))


def test_second_logon_of_a_key_ends_the_first_connection(floor, member):
    one = FixMember(floor, member).connect()
    one.order("a")
    one.take("8", t11="a")
    two = FixMember(floor, member)
    two.numbers, two.kept = one.numbers, one.kept
    two.connect()
    two.order("b")
    assert two.take("8", t11="b")
    one.ended()
    two.break_off()


def test_another_sender_must_reset_and_then_is_the_one(floor, member):
    one = FixMember(floor, member).connect()
    one.order("a")
    one.take("8", t11="a")
    one.break_off()
    other = FixMember(floor, member, sender="OTHER")
    other.connect()
    assert "MEMBER" in other.ended()
    other.connect(reset=True)
    other.order("b")
    assert other.take("8", t11="b").text(34) == "2"
    other.break_off()


def test_reset_begins_anew_and_the_same_order_is_still_one(floor, member):
    one = FixMember(floor, member).connect()
    one.order("a")
    first = one.take("8", t11="a")
    one.break_off()
    one.connect(reset=True)
    one.order("a")
    again = one.take("8", t11="a")
    assert (again.text(34), again.text(17)) == ("2", first.text(17))
    one.cancel("b", "a")
    assert one.take("8", t150=4)
    one.break_off()


def test_revoked_key_is_logged_out_and_its_drop_copy_told_no_more(floor, member):
    one = FixMember(floor, member).connect()
    copy = FixMember(floor, member, "CHIPHOUR-DC").connect()
    one.order("a")
    copy.take("8", t11="a")
    floor.keys.revoke(member.key)
    assert "revoked" in one.ended() and "revoked" in copy.ended()
    name = f"{member.key}/CHIPHOUR-DC"
    kept = len(floor.on_loop(lambda: [*floor.door._store.stored(name, 1, 99)]))
    floor.submit(command(Kind.CANCEL_ALL, account=member.account, contract=-1))
    assert len(floor.on_loop(lambda: [*floor.door._store.stored(name, 1, 99)])) == kept
    one.connect()
    assert "13009" in one.ended()


def test_connections_of_one_address_are_bounded(floor, member, monkeypatch):
    monkeypatch.setattr(fix, "CONNECTIONS_EACH", 2)
    held = [socket.create_connection(("127.0.0.1", floor.port)) for _ in range(2)]
    floor.on_loop(lambda: asyncio.sleep(0.05))
    with socket.create_connection(("127.0.0.1", floor.port), 5) as more:
        more.settimeout(5)
        assert _ends(more)
    for each in held:
        each.close()
    floor.on_loop(lambda: asyncio.sleep(0.05))
    one = FixMember(floor, member).connect()
    one.order("a")
    assert one.take("8")
    one.break_off()


def _ends(found):
    try:
        return found.recv(1) == b""
    except ConnectionError:
        return True


def test_who_says_nothing_does_not_stay(floor, monkeypatch):
    """Move the door's clock: a connection without a Logon is closed."""
    with socket.create_connection(("127.0.0.1", floor.port), 5) as silent:
        floor.on_loop(lambda: asyncio.sleep(0.05))
        real = floor.door._now_ns
        monkeypatch.setattr(floor.door, "_now_ns", lambda: real() + 20 * 10**9)
        silent.settimeout(5)
        assert _ends(silent)


def test_members_reports_wait_for_it_over_a_restart(tmp_path):
    """Trade while one side is away, stop, start: what happened meanwhile is told once, in order,
    and a drop copy has it too.
    """
    with fix_floor(tmp_path) as floor:
        members = [floor.member(account) for account in (1000, 1001)]
        one = FixMember(floor, members[0]).connect()
        copy = FixMember(floor, members[0], "CHIPHOUR-DC").connect()
        one.order("a", lots=5)
        one.take("8", t150=0)
        copy.take("8", t150=0)
        for each in (one, copy):
            each.break_off()
        two = FixMember(floor, members[1]).connect()
        two.order("b", side=2, lots=2)
        two.take("8", t150="F")
        two.break_off()
    with fix_floor(tmp_path) as floor:
        for each in (one, copy, two):
            each.floor = floor
        two.connect()
        two.order("c", side=2, lots=3)
        two.take("8", t150="F")
        for each in (one, copy):
            each.connect()
            assert each.take("8", t150="F").text(32) == "2"
            assert each.take("8", t150="F").text(39) == "2"
            each.break_off()
        one.connect()
        one.send("H", (11, "a"), (55, NAME), (54, 1))
        assert one.take("8").text(150) == "I"
        one.break_off()
        two.break_off()


def test_orders_go_at_the_next_start_where_the_server_was_killed(tmp_path):
    """Leave a seat as a killed server leaves it: its orders are cancelled when it starts."""
    with fix_floor(tmp_path) as floor:
        one = FixMember(floor, floor.member(1000)).connect((9001, "Y"))
        one.order("a")
        one.take("8", t150=0)
        row = floor.on_loop(lambda: floor.door._seats[f"{one.member.key}/CHIPHOUR"].row)
        assert row.cancels
        floor.on_loop(lambda: setattr(row, "cancels", False))
        one.break_off()
        floor.on_loop(lambda: asyncio.sleep(0.1))
        assert [*_standing(floor, 1000)]

        def leave():
            row.cancels = True
            floor.door._store.save(row)

        floor.on_loop(leave)
    with fix_floor(tmp_path) as floor:
        one.floor = floor
        one.connect()
        assert one.take("8", t150=4).text(11) == "a"
        one.break_off()
        assert not [*_standing(floor, 1000)]


def _standing(floor, account):
    orders = floor.on_loop(lambda: [*floor.gateway.blotter(account).orders.values()])
    return [order for order in orders if order.is_standing]


def test_door_on_a_market_with_a_past_says_nothing_of_it(tmp_path):
    """Trade before anybody ever logged on: a new session begins with what comes after."""
    with fix_floor(tmp_path) as floor:
        columns = {"side": 1, "order_type": 1, "time_in_force": 1, "price_ticks": 29_000}
        floor.submit(command(Kind.ORDER, account=1000, lots=1, **columns))
    with fix_floor(tmp_path) as floor:
        copy = FixMember(floor, floor.member(1000), "CHIPHOUR-DC").connect()
        floor.submit(command(Kind.ORDER, account=1000, lots=2, **columns))
        assert copy.take("8").text(38) == "2" and copy.numbers.next_in == 3
        copy.break_off()


def test_tls_is_spoken_where_it_is_given(tmp_path):
    trustme = pytest.importorskip("trustme")
    authority = trustme.CA()
    server, client = (
        ssl.SSLContext(each) for each in (ssl.PROTOCOL_TLS_SERVER, ssl.PROTOCOL_TLS_CLIENT)
    )
    authority.issue_cert("localhost").configure_cert(server)
    authority.configure_trust(client)
    with fix_floor(tmp_path, serves={"tls": server}) as floor:
        engine = FixMember(floor, floor.member(1000))
        plain = socket.create_connection
        engine_socket = client.wrap_socket(
            plain(("127.0.0.1", floor.port), 10), server_hostname="localhost"
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket, "create_connection", lambda *given: engine_socket)
            engine.connect()
        engine.order("a")
        assert engine.take("8", t11="a")
        engine.break_off()


def test_groups_of_accounts_are_copied_as_they_are_given(tmp_path):
    whole = frozenset({1000, 1001})
    with fix_floor(tmp_path, accounts_of=lambda key: whole) as floor:
        copy = FixMember(floor, floor.member(1000), "CHIPHOUR-DC").connect()
        columns = {"order_type": 1, "time_in_force": 1, "price_ticks": 30_000, "lots": 1}
        copy.send("H", (11, "x"), (55, NAME), (54, 1))
        copy.take("j")
        for account, side in ((1000, 1), (1001, 2)):
            floor.submit(command(Kind.ORDER, account=account, side=side, **columns))
        found = [copy.take("8") for _ in range(4)]
        ids = [each.text(17) for each in found]
        assert len(set(ids)) == 4 and {each.text(1) for each in found} == {"1000", "1001"}
        copy.break_off()


def test_ring_that_cannot_be_read_ends_no_more_than_it_must(tmp_path):
    """Close the ring of keys under the door: the stranger is turned away, the door stands."""
    with fix_floor(tmp_path) as floor:
        member = floor.member(1000)
        floor.keys.close()
        one = FixMember(floor, member).connect()
        assert one.ended() == ""
        assert threading.active_count() and KeyRing(tmp_path).close() is None
