"""TEST SIMPLEFIX: a client of FIX that nobody here wrote trades through the real door.

Takes   simplefix's parser and messages; a plain socket, which may break at any moment.
Gives   what FIX engines do all day, and what they must never do to us.
Keeps   each report once, whatever breaks; nothing of one member told to another.
Source  FIX 4.4; decision 0032.
"""

import itertools
import socket
import time

import pytest

from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.wire.fix import text_of_time
from chiphour.wire.fix_resend import Sent
from chiphour.wire.key import READ
from fix_floor import fix_floor
from fix_floor import signed_logon
from trading import NAME

simplefix = pytest.importorskip("simplefix")
pytestmark = pytest.mark.long
WAIT_S = 10


class Client:
    """A FIX client with a socket: numbers of its own, that outlive a connection."""

    def __init__(self, floor, member, target="CHIPHOUR", sender="CLIENT"):
        self.floor, self.member = floor, member
        self.target, self.sender = target, sender
        self.resends = True
        self.next_out = self.next_in = 1
        self.reports = []
        self.sent = {}
        self.socket = None

    def connect(self, logon=True, **more):
        self.socket = socket.create_connection(("127.0.0.1", self.floor.port), WAIT_S)
        self.asked = 0  # From where what is missing was asked for.
        self.parser = simplefix.FixParser()
        self.parser.add_raw(95, 96)
        if logon:
            self.logon(**more)
            assert self.take("A")
        return self

    def logon(self, reset=False, cancels=False, fields=None):
        if reset:
            self.next_out = self.next_in = 1
            self.sent = {}
        more = [(141, "Y")] if reset else []
        more += [(9001, "Y")] if cancels else []
        signed = signed_logon(self.member) if fields is None else fields
        self.send("A", (98, "0"), (108, "30"), *more, *signed)

    def send(self, kind, *fields, sequence=None, **header):
        message = simplefix.FixMessage()
        message.append_pair(8, "FIX.4.4", header=True)
        message.append_pair(35, kind, header=True)
        message.append_pair(49, self.sender, header=True)
        message.append_pair(56, self.target, header=True)
        message.append_pair(34, sequence or self.next_out, header=True)
        now = text_of_time(time.time_ns())
        message.append_pair(52, now, header=True)
        if header.get("dup"):
            message.append_pair(43, "Y", header=True)
            message.append_pair(122, now, header=True)
        for tag, value in fields:
            message.append_pair(tag, value)
        self.socket.sendall(message.encode())
        if sequence is None:
            self.sent[self.next_out] = (kind, fields)
            self.next_out += 1

    def send_again(self, first):
        """Send what the other side missed: orders as possible duplicates, all else filled over."""
        for sequence in range(first, self.next_out):
            kind, fields = self.sent[sequence]
            if kind in "A2045":
                kind, fields = "4", ((123, "Y"), (36, sequence + 1))
            self.send(kind, *fields, sequence=sequence, dup=True)

    def hear(self):
        """Give the next message that comes in its turn; None at the end. Gaps are asked for."""
        while True:
            message = self.parser.get_message()
            if message is None:
                chunk = self.socket.recv(65_536)
                if not chunk:
                    return None
                self.parser.append_buffer(chunk)
                continue
            sequence = int(message.get(34))
            if kind(message) == "4":
                self.next_in = max(self.next_in, int(message.get(36)))
                continue
            if sequence > self.next_in:
                if self.asked != self.next_in:
                    self.asked = self.next_in
                    self.send("2", (7, self.next_in), (16, "0"))
                if kind(message) == "2" and self.resends:
                    self.send_again(int(message.get(7)))  # It is not sent again: it cannot wait.
                elif kind(message) in "A2":
                    return message
                continue
            if sequence >= self.next_in:
                self.next_in = sequence + 1
                if kind(message) == "2" and self.resends:
                    self.send_again(int(message.get(7)))
                    continue
                return message

    def take(self, wanted, **fields):
        """Hear until a message of a type comes that has these fields; note every report."""
        for _ in range(500):
            message = self.hear()
            assert message is not None, f"expected {wanted}, found the end"
            if kind(message) == "8":
                self.reports.append(message)
            if kind(message) == wanted and all(
                text(message, int(tag[1:])) == str(value) for tag, value in fields.items()
            ):
                return message
        raise AssertionError(f"no {wanted} {fields}")

    def order(self, cl_ord_id, side="1", lots=5, price="2.9", **more):
        fields = {11: cl_ord_id, 55: NAME, 54: side, 60: text_of_time(time.time_ns())}
        fields |= {38: lots, 40: "2", 44: price, 59: "1"}
        fields |= {int(tag[1:]): value for tag, value in more.items()}
        self.send("D", *fields.items())

    def cancel(self, cl_ord_id, orig, side="1", **more):
        fields = {41: orig, 11: cl_ord_id, 55: NAME, 54: side}
        fields |= {60: text_of_time(time.time_ns()), 38: 1}
        fields |= {int(tag[1:]): value for tag, value in more.items()}
        self.send("F", *fields.items())

    def replace(self, cl_ord_id, orig, lots, price, side="1"):
        now = text_of_time(time.time_ns())
        fields = {41: orig, 11: cl_ord_id, 55: NAME, 54: side, 60: now, 38: lots, 40: "2"}
        self.send("G", *fields.items(), (44, price))

    def break_off(self):
        self.socket.close()

    def is_ended(self):
        """Wait until the other side closes; tell whether a Logout was its last word."""
        last = None
        while (message := self.hear()) is not None:
            last = message
        return last is not None and kind(last) == "5"


def kind(message):
    return text(message, 35)


def text(message, tag):
    value = message.get(tag)
    return "" if value is None else value.decode()


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    accounts = tuple(range(1000, 1040))
    with fix_floor(tmp_path_factory.mktemp("fix"), accounts) as found:
        found.accounts = iter(accounts)
        yield found


@pytest.fixture
def members(floor):
    """Give two fresh members with keys that may do everything."""
    return [floor.member(next(floor.accounts)) for _ in range(2)]


@pytest.fixture
def one(floor, members):
    client = Client(floor, members[0]).connect()
    yield client
    client.send("q", (11, "end"), (530, "7"), (60, text_of_time(time.time_ns())))
    client.take("r", t11="end")
    client.send("5")
    assert client.is_ended()


def test_order_lives_through_its_reports(floor, members, one):
    one.order("a")
    new = one.take("8", t150=0)
    assert (text(new, 11), text(new, 151), text(new, 1)) == ("a", "5", str(members[0].account))
    two = Client(floor, members[1]).connect()
    two.order("x", side="2", lots=2, price="2.8", t59="3")
    filled = one.take("8", t150="F")
    assert (text(filled, 32), text(filled, 31), text(filled, 39)) == ("2", "2.9", "1")
    assert text(two.take("8", t150="F"), 39) == "2"
    one.replace("b", "a", 9, "2.85")
    replaced = one.take("8", t150=5)
    assert (text(replaced, 41), text(replaced, 151)) == ("a", "7")
    one.send("H", (11, "b"), (55, NAME), (54, "1"))
    assert text(one.take("8", t150="I"), 14) == "2"
    one.cancel("c", "b")
    assert text(one.take("8", t150=4), 11) == "c"
    one.cancel("d", "b")
    assert text(one.take("9"), 102) == "0"
    two.send("5")
    assert two.is_ended()


def test_messages_that_name_an_order_on_its_way_wait_for_it(one):
    """Send an order, replacements and a cancel without waiting for any answer."""
    one.order("a")
    one.replace("b", "a", 6, "2.91")
    one.replace("c", "b", 7, "2.92")
    one.cancel("d", "c")
    one.cancel("e", "c")
    found = [one.take("8") for _ in range(4)]
    assert [text(each, 150) for each in found] == ["0", "5", "5", "4"]
    assert [text(each, 11) for each in found] == ["a", "b", "c", "d"]
    assert text(one.take("9"), 11) == "e"


def test_mass_status_tells_orders_of_every_door(floor, members, one):
    one.send("AF", (584, "none"), (585, "7"))
    assert text(one.take("8", t584="none"), 911) == "0"
    one.order("a")
    one.take("8", t150=0)
    columns = {"side": 1, "order_type": 1, "time_in_force": 1, "price_ticks": 28_000, "lots": 1}
    floor.submit(command(Kind.ORDER, account=members[0].account, **columns))
    one.send("AF", (584, "m"), (585, "1"), (55, NAME))
    found = [one.take("8", t584="m") for _ in range(2)]
    assert sorted(text(each, 11) for each in found) == ["", "a"]
    assert [text(each, 912) for each in found] == ["N", "Y"]


def test_what_is_wrong_is_refused_with_nearest_values_and_the_session_goes_on(floor, members, one):
    one.order("a", price="2.90005")
    refused = one.take("8", t150=8)
    assert text(refused, 58).startswith("PRICE_OFF_TICK") and "2.9, 2.9001" in text(refused, 58)
    one.order("b", price="90")
    assert "nearest" in text(one.take("8", t150=8), 58)
    one.order("c", t55="NOTHING")
    assert text(one.take("8", t150=8), 103) == "1"
    one.send("E", (66, "list"))
    assert text(one.take("j"), 380) == "3"
    one.send("D", (55, NAME))
    assert text(one.take("j"), 380) == "5"
    one.send("q", (11, "m"), (530, "3"))
    assert text(one.take("r"), 532) == "0"
    one.cancel("d", "nothing")
    assert text(one.take("9"), 39) == "8"


def test_nobody_touches_what_is_another_members(floor, members, one):
    one.order("a")
    id = text(one.take("8", t150=0), 37)
    two = Client(floor, members[1]).connect()
    two.cancel("x", "NONE", t37=id)
    refused = two.take("9")
    assert (text(refused, 37), text(refused, 102)) == ("NONE", "1")
    two.send("H", (37, id), (11, "a"), (55, NAME), (54, "1"))
    assert text(two.take("8", t150="I"), 39) == "8"
    two.send("AF", (584, "m"), (585, "7"))
    assert text(two.take("8"), 911) == "0"
    two.order("b", t1=members[0].account)
    assert text(two.take("8", t150=8), 103) == "15"
    two.send("5")
    assert two.is_ended()


def test_key_that_may_only_read_reads_and_does_not_trade(floor, members):
    reader = Client(floor, floor.member(members[0].account, (READ,))).connect()
    reader.order("a")
    assert text(reader.take("j"), 380) == "6"
    reader.send("x", (320, "s"), (559, "4"))
    assert NAME in text(reader.take("y"), 55)
    reader.send("5")
    assert reader.is_ended()


def test_cut_sockets_amid_orders_lose_no_report_and_repeat_none(floor, members):
    """Send orders that trade, break the connection off again and again, connect anew: each order's
    reports come once, and add up.
    """
    one, two = (Client(floor, member) for member in members)
    two.connect()
    for turn in range(4):
        one.connect()
        for number in range(10):
            one.order(f"{turn}-{number}", lots=2)
        if turn % 2:
            one.take("8", t11=f"{turn}-3")
        one.break_off()
        two.order(f"s{turn}", side="2", lots=15, price="2.9", t59="3")
        two.take("8", t11=f"s{turn}")
    one.connect()
    two.send("AF", (584, "m"), (585, "7"))
    deadline = time.monotonic() + WAIT_S
    one.send("AF", (584, "m"), (585, "7"))
    one.take("8", t584="m", t912="Y")
    assert time.monotonic() < deadline
    told = [each for each in one.reports if text(each, 150) != "I"]
    ids = [text(each, 17) for each in told]
    assert len(ids) == len(set(ids))
    last_qty = sum(int(text(each, 32) or 0) for each in told)
    by_order = {text(each, 37): each for each in told}
    assert last_qty == sum(int(text(each, 14)) for each in by_order.values())
    news = [each for each in told if text(each, 150) == "0"]
    blotter = floor.on_loop(lambda: floor.gateway.blotter(members[0].account))
    assert {int(text(each, 37)) for each in news} == set(blotter.orders)
    for client in (one, two):
        client.break_off()


def test_order_sent_twice_is_one_order(one):
    one.order("same")
    first = one.take("8", t150=0)
    one.order("same")
    again = one.take("8", t150=0)
    for tag in (11, 14, 17, 31, 37, 38, 39, 60, 150, 151):
        assert first.get(tag) == again.get(tag)
    one.order("same", lots=6)
    assert text(one.take("8", t150=8), 103) == "6"
    one.send("AF", (584, "m"), (585, "7"))
    assert text(one.take("8", t584="m"), 911) == "1"


def test_sequences_too_low_end_and_too_high_are_asked_for(floor, members):
    low = Client(floor, members[0]).connect()
    low.send("0", sequence=1)
    assert "too low" in text(low.take("5"), 58)
    high = Client(floor, members[0])
    high.resends = False
    high.next_out, high.next_in = 7, low.next_in
    high.connect()
    asked = high.take("2")
    first = int(text(asked, 7))
    assert first < 7
    high.send("4", (123, "Y"), (36, "8"), sequence=first, dup=True)
    high.order("a")
    assert text(high.take("8"), 11) == "a"
    high.break_off()


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00" * 20_000,
        b"8=FIX.4.4\x019=5\x0135=0\x0110=000\x01" * 30,
        b"8=FIX.4.2\x019=5\x0135=0\x0110=163\x01",
        b"8=FIX.4.4\x019=999999\x01",
    ],
)
def test_garbage_ends_a_connection_and_no_other(floor, members, one, garbage):
    with socket.create_connection(("127.0.0.1", floor.port), WAIT_S) as stranger:
        stranger.sendall(garbage)
        stranger.shutdown(socket.SHUT_WR)
        while stranger.recv(65_536):
            pass
    one.order("a")
    assert one.take("8", t150=0)


def test_strangers_are_not_let_on_and_soon_not_even_judged(tmp_path):
    with fix_floor(tmp_path) as floor:
        member = floor.member(1000)
        good = signed_logon(member)
        first = Client(floor, member).connect(logon=False)
        first.logon(fields=good)
        assert first.take("A")
        first.break_off()
        wrongs = [good, [], [*good[:2], (553, "nobody"), good[3]]]
        said = []
        for number in range(12):
            client = Client(floor, member).connect(logon=False)
            client.logon(fields=wrongs[number % 3])
            said.append(text(client.take("5"), 58))
            assert client.hear() is None
        assert any("nonce" in each for each in said[:3])
        assert all(member.secret not in each for each in said)
        assert "10028" in said[-1]
        client = Client(floor, member).connect(logon=False)
        client.logon()
        assert "10028" in text(client.take("5"), 58)


def test_orders_go_with_the_connection_where_that_is_asked(floor, members, one):
    two = Client(floor, members[1]).connect(cancels=True)
    two.order("a")
    two.take("8", t150=0)
    two.order("b")
    two.break_off()
    two.connect()
    two.take("8", t150=4, t11="a")
    two.take("8", t150=4, t11="b")
    one.order("stays")
    one.take("8", t150=0)
    two.order("c")
    two.take("8", t150=0)
    two.break_off()
    two.connect()
    two.socket.settimeout(0.5)
    with pytest.raises(TimeoutError):  # It did not ask this time.
        two.take("8", t150=4)
    two.break_off()


def test_market_is_shown_and_refreshed(floor, members, one):
    two = Client(floor, members[1]).connect()
    two.order("q", side="2", lots=3, price="3.3")
    two.take("8", t150=0)
    kinds = [(267, "4"), *((269, each) for each in "0123")]
    one.send("V", (262, "m"), (263, "1"), (264, "5"), (265, "1"), *kinds, (146, "1"), (55, NAME))
    shown = one.take("W", t262="m")
    assert text(shown, 55) == NAME and (b"270", b"3.3") in shown.pairs
    two.order("r", lots=4, price="2.7")
    refreshed = one.take("X", t262="m")
    assert (text(refreshed, 279), text(refreshed, 270), text(refreshed, 271)) == ("0", "2.7", "4")
    two.order("s", side="2", lots=1, price="2.7", t59="3")
    traded = one.take("X")
    assert (b"269", b"2") in traded.pairs
    one.send("V", (262, "m"), (263, "1"), (264, "5"), *kinds, (146, "1"), (55, NAME))
    assert text(one.take("Y"), 281) == "1"
    one.send("V", (262, "m"), (263, "2"), (264, "5"), *kinds, (146, "1"), (55, NAME))
    one.send("e", (324, "s"), (55, NAME), (263, "0"))
    assert text(one.take("f"), 326) == "17"
    one.send("c", (320, "d"), (321, "0"), (55, NAME))
    assert text(one.take("d"), 323) == "1"
    one.send("AN", (710, "p"), (724, "0"), (1, members[0].account), (581, "1"))
    assert text(one.take("AO"), 728) == "2"
    two.send("AN", (710, "p"), (724, "0"), (1, members[1].account), (581, "1"))
    assert text(two.take("AP"), 705) in ("", "1")
    two.break_off()


def test_drop_copy_has_the_reports_of_every_door_and_asks_for_nothing(floor, members, one):
    drop = Client(floor, members[0], "CHIPHOUR-DC").connect()
    one.order("a")
    one.take("8", t150=0)
    columns = {"side": 1, "order_type": 1, "time_in_force": 1, "price_ticks": 28_000, "lots": 1}
    floor.submit(command(Kind.ORDER, account=members[0].account, **columns))
    drop.take("8", t11="a")
    other = drop.take("8", t150=0)
    assert text(other, 11) == "" and text(other, 44) == "2.8"
    drop.order("b")
    assert text(drop.take("j"), 380) == "4"
    drop.break_off()
    one.cancel("c", "a")
    one.take("8", t150=4)
    drop.connect()
    assert text(drop.take("8", t150=4), 11) == "c"
    assert text(other, 37) not in {text(each, 37) for each in one.reports}
    drop.break_off()


def test_slow_reader_is_dropped_and_keeps_nobody_waiting(tmp_path):
    with fix_floor(tmp_path, queue_bytes_max=200_000) as floor:
        slow, quick = (Client(floor, floor.member(account)) for account in (1000, 1001))
        slow.socket = None
        slow.connect()
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        slow.order("a")
        quick.connect()
        for number in itertools.count():
            with_many = [("AF", (584, "x" * 60), (585, "7"))] * 50
            try:
                for each in with_many:
                    slow.send(*each)
            except OSError:
                break
            assert number < 2_000
        quick.order("b", price="2.5")
        assert quick.take("8", t150=0)
        quick.break_off()


def test_after_a_crash_reports_are_made_again_and_come_once(tmp_path):
    """Stop the door without a word, lose what its store had of the end, start again: what the
    journal has is told under the same numbers, and a member that had heard it is not told twice.
    """
    with fix_floor(tmp_path) as floor:
        member = floor.member(1000)
        one = Client(floor, member).connect()
        one.order("a")
        one.take("8", t150=0)
        store = floor.door._store
        copy = list(floor.on_loop(lambda: [*store._database.iterdump()]))
        one.order("b")
        one.take("8", t150=0, t11="b")
        one.break_off()
    (tmp_path / "fix.db").unlink()
    _restore(tmp_path / "fix.db", copy)
    with fix_floor(tmp_path) as floor:
        one.floor = floor
        one.connect()
        one.order("c")
        one.take("8", t150=0, t11="c")
        told = [(text(each, 34), text(each, 11)) for each in one.reports]
        assert [name for _, name in told] == ["a", "b", "c"]
        one.break_off()


def _restore(path, statements):
    import sqlite3

    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    with sqlite3.connect(path) as database:
        database.executescript("\n".join(statements))
        database.execute("pragma user_version = 1")
    path.chmod(0o600)


def test_kept_messages_have_the_types_that_may_be_sent_again(floor, members, one):
    """Market data is not kept: it would be old. Reports are."""
    one.order("a")
    one.take("8", t150=0)
    kinds = [(267, "1"), (269, "0")]
    one.send("V", (262, "m"), (263, "0"), (264, "1"), *kinds, (146, "1"), (55, NAME))
    one.take("W")
    name = f"{members[0].key}/CHIPHOUR"
    kept = floor.on_loop(lambda: [*floor.door._store.stored(name, 1, 1_000)])
    assert [each.msg_type for each in kept] == ["8"] and isinstance(kept[0], Sent)
