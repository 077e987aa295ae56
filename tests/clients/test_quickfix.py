"""TEST QUICKFIX: the engine that most FIX clients are built on trades here, by its own dictionary.

Takes   a QuickFIX initiator with FIX44.xml, its own store, threads and timers.
Gives   orders, market data, contracts, positions; a connection that is cut amid orders.
Keeps   QuickFIX rejects nothing of what we send: it checks each message against its dictionary.
        Each report comes once, by QuickFIX's own recovery.
Source  FIX 4.4; decision 0032.
"""

import queue
import socket
import threading
import time
from contextlib import suppress

import pytest

from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from fix_floor import fix_floor
from fix_floor import signed_logon
from fix_legal import PATH
from trading import NAME

quickfix = pytest.importorskip("quickfix")
pytestmark = pytest.mark.long
WAIT_S = 15
SETTINGS = """
[DEFAULT]
ConnectionType=initiator
ReconnectInterval=1
FileStorePath={folder}
StartTime=00:00:00
EndTime=00:00:00
UseDataDictionary=Y
DataDictionary={dictionary}
ValidateUserDefinedFields=Y
HeartBtInt=30
SocketConnectHost=127.0.0.1
SocketConnectPort={port}
ResetOnLogon=N
{sessions}
"""
SESSION = """
[SESSION]
BeginString=FIX.4.4
SenderCompID=ENGINE
TargetCompID={target}
"""


class Application(quickfix.Application):
    """What a member's program does with QuickFIX: it signs the Logon, and notes what comes."""

    def __init__(self, member):
        super().__init__()
        self.member = member
        self.heard = queue.Queue()
        self.rejected = []
        self.sessions = {}
        self.logons = threading.Semaphore(0)

    def onCreate(self, session):  # noqa: N802
        self.sessions[session.getTargetCompID().getValue()] = quickfix.SessionID(
            session.getBeginString().getValue(),
            session.getSenderCompID().getValue(),
            session.getTargetCompID().getValue(),
        )

    def onLogon(self, session):  # noqa: N802
        self.logons.release()

    def onLogout(self, session):  # noqa: N802
        pass

    def toAdmin(self, message, session):  # noqa: N802
        kind = message.getHeader().getField(35)
        if kind == "A":
            for tag, value in signed_logon(self.member):
                message.setField(tag, value)
        elif kind == "3":
            self.rejected.append(message.toString())

    def fromAdmin(self, message, session):  # noqa: N802
        if message.getHeader().getField(35) in "35":
            self.rejected.append(message.toString())

    def toApp(self, message, session):  # noqa: N802
        if message.getHeader().getField(35) == "j":
            self.rejected.append(message.toString())

    def fromApp(self, message, session):  # noqa: N802
        target = session.getTargetCompID().getValue()
        self.heard.put((target, _fields(message.toString())))


def _fields(text):
    return [
        (int(tag), value)
        for tag, _, value in (each.partition("=") for each in text.strip("\x01").split("\x01"))
    ]


class Engine:
    """A running initiator."""

    def __init__(self, folder, member, port, targets=("CHIPHOUR",)):
        sessions = "".join(SESSION.format(target=target) for target in targets)
        text = SETTINGS.format(folder=folder, dictionary=PATH, port=port, sessions=sessions)
        path = folder / "engine.cfg"
        path.write_text(text)
        self.application = Application(member)
        self.settings = quickfix.SessionSettings(str(path))
        self.store = quickfix.FileStoreFactory(self.settings)
        self.initiator = quickfix.SocketInitiator(self.application, self.store, self.settings)
        self.targets = targets
        self.reports = []
        self.copies = []

    def __enter__(self):
        self.initiator.start()
        for _ in self.targets:
            assert self.application.logons.acquire(timeout=WAIT_S)
        return self

    def __exit__(self, *fault):
        self.initiator.stop()

    def send(self, kind, *fields, groups=()):
        message = quickfix.Message()
        header = message.getHeader()
        header.setField(8, "FIX.4.4")
        header.setField(35, kind)
        for tag, value in fields:
            message.setField(tag, str(value))
        for count, first, values in groups:
            for value in values:
                group = quickfix.Group(count, first)
                group.setField(first, value)
                message.addGroup(group)
        quickfix.Session.sendToTarget(message, self.application.sessions["CHIPHOUR"])

    def order(self, text, side="1", lots=2, price="2.9", **more):
        fields = {11: text, 55: NAME, 54: side, 60: _now(), 38: lots, 40: "2", 44: price, 59: "1"}
        fields |= {int(tag[1:]): value for tag, value in more.items()}
        self.send("D", *fields.items())

    def take(self, kind, target="CHIPHOUR", **wanted):
        """Wait for a message of a type with these fields; note all reports."""
        deadline = time.monotonic() + WAIT_S
        while True:
            left = deadline - time.monotonic()
            assert left > 0, f"no {kind} {wanted}; rejected: {self.application.rejected}"
            try:
                source, fields = self.application.heard.get(timeout=left)
            except queue.Empty:
                continue
            found = dict(reversed(fields))
            if found[35] == "8":
                (self.reports if source == "CHIPHOUR" else self.copies).append(found)
            if (found[35], source) == (kind, target) and all(
                found.get(int(tag[1:])) == str(value) for tag, value in wanted.items()
            ):
                return found


def _now():
    return time.strftime("%Y%m%d-%H:%M:%S", time.gmtime())


class Cuttable:
    """A way to the door that can be cut."""

    def __init__(self, port):
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        ends, self._open = self._open, []
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self):
        self._listener.close()
        self.cut()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._to))
            self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=(source, sink), daemon=True).start()


def _carry(source, sink):
    with suppress(OSError):
        while chunk := source.recv(65_536):
            sink.sendall(chunk)
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    accounts = tuple(range(1000, 1010))
    with fix_floor(tmp_path_factory.mktemp("quickfix"), accounts) as found:
        found.accounts = iter(accounts)
        yield found


@pytest.fixture
def member(floor):
    return floor.member(next(floor.accounts))


def resting(floor, side, ticks, lots):
    """Let another member's order rest, by another door."""
    columns = {"order_type": 1, "time_in_force": 1, "price_ticks": ticks, "lots": lots}
    events = floor.submit(command(Kind.ORDER, account=1009, side=side, **columns))
    assert not (events[:, e.KIND] == e.Kind.REFUSED).any()


def test_engine_does_all_that_is_offered_and_rejects_nothing(floor, member, tmp_path):
    with Engine(tmp_path, member, floor.port, ("CHIPHOUR", "CHIPHOUR-DC")) as engine:
        engine.order("a", lots=5)
        engine.take("8", t150="0", t11="a")
        resting(floor, 2, 29_000, 2)
        assert engine.take("8", t150="F")[851] == "1"
        change = {41: "a", 11: "b", 55: NAME, 54: "1", 60: _now(), 38: 8, 40: "2", 44: "2.85"}
        engine.send("G", *change.items())
        assert engine.take("8", t150="5")[151] == "6"
        engine.send("H", (11, "b"), (55, NAME), (54, "1"))
        engine.take("8", t150="I")
        engine.order("s", t40="3", t99="3.4", t44="0", t59="1")
        assert engine.take("8", t11="s")[636] == "N"
        engine.order("t", side="2", t40="P", t18="a", t211="-0.1", t44="0")
        assert engine.take("8", t11="t")[211] == "-0.1"
        engine.order("i", lots=9, t111="3", price="2.7", t18="6")
        assert engine.take("8", t11="i")[111] == "3"
        engine.order("w", price="2.90001")
        assert engine.take("8", t150="8")[103] == "99"
        engine.send("F", (41, "b"), (11, "c"), (55, NAME), (54, "1"), (60, _now()), (38, 8))
        engine.take("8", t150="4")
        engine.send("F", (41, "b"), (11, "d"), (55, NAME), (54, "1"), (60, _now()), (38, 8))
        engine.take("9")
        engine.send("AF", (584, "m"), (585, "7"))
        assert engine.take("8", t584="m", t912="Y")[911] == "3"
        engine.send("q", (11, "q"), (530, "7"), (60, _now()))
        engine.take("r", t11="q")
        for text in ("s", "t", "i"):
            engine.take("8", t150="4", t11=text)
        engine.take("r", target="CHIPHOUR-DC")
        ask_all(engine, member)
        engine.take("8", target="CHIPHOUR-DC", t150="4", t11="y")
        assert not engine.application.rejected
        told = {each[17] for each in engine.reports if each[150] not in "I"}
        copied = {each[17] for each in engine.copies}
        assert {each for each in told if not each.startswith("R")} <= copied


def ask_all(engine, member):
    """Ask for markets, contracts, states and positions."""
    kinds = [(267, 269, list("01236C")), (146, 55, [NAME])]
    engine.send("V", (262, "v"), (263, "1"), (264, "0"), (265, "1"), groups=kinds)
    engine.take("W")
    engine.order("x", price="2.6")
    engine.take("X")
    engine.order("y", side="2", lots=1, price="2.6")
    engine.take("X")
    engine.send("V", (262, "v"), (263, "1"), (264, "0"), groups=kinds)
    engine.take("Y")
    engine.send("x", (320, "x"), (559, "4"))
    engine.take("y")
    engine.send("c", (320, "c"), (321, "0"), (55, NAME))
    engine.take("d")
    engine.send("e", (324, "e"), (55, NAME), (263, "0"))
    engine.take("f")
    for kind, answer in (("0", "AP"), ("1", "AO")):
        fields = ((710, "p"), (724, kind), (1, member.account), (581, "1"), (715, "20260721"))
        engine.send("AN", *fields, (60, _now()))
        engine.take(answer)
    engine.send("E", (66, "l"), (394, "1"), (68, "0"))
    engine.take("j")
    engine.send("q", (11, "end"), (530, "1"), (55, NAME), (60, _now()))
    engine.take("8", t150="4", t11="y")


def test_cut_connections_amid_orders_lose_no_report_and_repeat_none(floor, member, tmp_path):
    """Cut the way again and again while orders are sent and filled; QuickFIX recovers by itself."""
    way = Cuttable(floor.port)
    with Engine(tmp_path, member, way.port, ("CHIPHOUR", "CHIPHOUR-DC")) as engine:
        for turn in range(3):
            for number in range(20):
                engine.order(f"{turn}-{number}", price="2.99")
            resting(floor, 2, 29_900, 15)
            way.cut()
            for number in range(20, 25):
                engine.order(
                    f"{turn}-{number}", price="2.99"
                )  # Kept by QuickFIX, to be sent again.
            for _ in engine.targets:
                assert engine.application.logons.acquire(timeout=WAIT_S)
        for turn in range(3):
            for number in range(25):
                text = f"{turn}-{number}"
                if not any(each.get(11) == text for each in engine.reports):
                    engine.take("8", t11=text, t150="0")
        engine.send("AF", (584, "m"), (585, "7"))
        engine.take("8", t584="m", t912="Y")
        told = [each for each in engine.reports if each[150] != "I"]
        ids = [each[17] for each in told]
        assert len(ids) == len(set(ids))
        filled = sum(int(each.get(32, 0)) for each in told)
        last = {each[37]: int(each[14]) for each in told}
        assert filled == sum(last.values()) == 45
        assert len(last) == 75
        assert not [each for each in engine.application.rejected if "\x0135=3\x01" in each]
        engine.send("q", (11, "q"), (530, "7"), (60, _now()))
        engine.take("r", t11="q")
    way.close()
