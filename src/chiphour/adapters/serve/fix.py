"""FIX: the door for FIX 4.4 engines: TCP, logons, sessions, drop copies.

Takes   a gateway that hears from the journal's beginning; the data folder; an address.
Gives   a server: `FixDoor(gateway, folder)` before the market is opened, `serve` on the loop.
Keeps   each report once in its session, whatever breaks: what became durable is stored as messages
        before any of it is sent, and heard again after a crash. A stranger, a slow reader or a
        broken connection costs nobody else anything.
Source  FIX 4.4 volume 2; Deribit's FIX logon; decisions 0028, 0029 and 0032.

    TargetCompID    a session for
    CHIPHOUR        orders, statuses, markets, contracts, positions
    CHIPHOUR-DC     drop copy: all reports of the account, of whatever door; it asks for nothing

A key has one session with each, by the SenderCompID that it first logged on with. A logon while
the session is connected ends the old connection: the network may have lost it without a word.

    MarketError
    ├── FixStoreDamaged (adapters/fix_store.py)
    └── SignInRefused   (wire/signature.py) a logon that is not admitted
"""

import asyncio
import logging
import ssl
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from collections.abc import Callable
from collections.abc import Coroutine
from contextlib import asynccontextmanager
from contextlib import suppress
from pathlib import Path

from chiphour.adapters.fix_seat import Seat
from chiphour.adapters.fix_store import FixStore
from chiphour.adapters.fix_store import SeatRow
from chiphour.adapters.gateway import Gateway
from chiphour.adapters.gateway import GatewayBusy
from chiphour.adapters.gateway import Heard
from chiphour.adapters.keys import KeyRing
from chiphour.adapters.serve.fix_desk import NOT_AVAILABLE
from chiphour.adapters.serve.fix_desk import Allow
from chiphour.adapters.serve.fix_desk import FixDesk
from chiphour.adapters.serve.fix_desk import Member
from chiphour.adapters.serve.fix_feed import FixFeed
from chiphour.adapters.serve.fix_line import QUEUE_BYTES_MAX
from chiphour.adapters.serve.fix_line import FixLine
from chiphour.exchange import commands as ask
from chiphour.observe.observation import MarketError
from chiphour.units import NS_PER_MINUTE
from chiphour.wire import fix_tags as tag
from chiphour.wire.fix import FixGarbled
from chiphour.wire.fix import FixReader
from chiphour.wire.fix import Message
from chiphour.wire.fix_fold import FixFold
from chiphour.wire.fix_fold import Frame
from chiphour.wire.fix_fold import Outgoing
from chiphour.wire.fix_fold import World
from chiphour.wire.fix_reports import Fields
from chiphour.wire.fix_reports import business_reject
from chiphour.wire.fix_resend import Resend
from chiphour.wire.fix_session import RESET_SEQ_NUM_FLAG
from chiphour.wire.fix_session import TARGET
from chiphour.wire.fix_session import Action
from chiphour.wire.fix_session import Close
from chiphour.wire.fix_session import Deliver
from chiphour.wire.fix_session import FixSession
from chiphour.wire.fix_session import LogonAsked
from chiphour.wire.fix_session import Send
from chiphour.wire.fix_session import Terms
from chiphour.wire.key import READ
from chiphour.wire.key import Key
from chiphour.wire.key import Use
from chiphour.wire.signature import SignInRefused
from chiphour.wire.signature import Why
from chiphour.wire.signature import logon_claim

HOST, PORT = "127.0.0.1", 9880
ORDERS, DROP_COPY = "CHIPHOUR", "CHIPHOUR-DC"
TARGETS = (ORDERS, DROP_COPY)
CONNECTIONS_MAX = 256
CONNECTIONS_EACH = 16  # Of one address.
STRANGERS_MAX = 10  # Logons of one address that were refused in a minute; then none is judged.
ADDRESSES_MAX = 4_096
TICK_S = 0.1
RETRY_S = 0.5
CHECKED_EACH = 10  # Ticks: how often keys are read anew, and how far was heard is stored.
CANCEL_ON_DISCONNECT, RAW_DATA, USERNAME, PASSWORD = 9001, 96, 553, 554

log = logging.getLogger(__name__)

Accounts = Callable[[Key], frozenset[int]]


def own_account(key: Key) -> frozenset[int]:
    """Give the accounts of a key's drop copy: its own."""
    return frozenset({key.account})


def all_allowed(account: int, msg_type: str) -> str:
    """Limit nothing."""
    return ""


class _Connection:
    """One connection, before and after its logon."""

    def __init__(self, line: FixLine) -> None:
        self.line = line
        self.reader = FixReader()
        self.session: FixSession | None = None
        self.member: Member | None = None


class FixDoor:
    """The door for FIX. Make it before the market is opened, so that it hears from the start."""

    def __init__(
        self,
        gateway: Gateway,
        folder: Path,
        keys: KeyRing,
        *,
        accounts_of: Accounts = own_account,
        allow: Allow = all_allowed,
        now_ns: Callable[[], int] = time.time_ns,
        queue_bytes_max: int = QUEUE_BYTES_MAX,
    ) -> None:
        """Open the sessions' file; raises FixStoreDamaged.

        `accounts_of` gives whose reports a drop copy has; `allow` limits rates, of D and G alone.
        """
        self._gateway, self._keys = gateway, keys
        self._accounts_of, self._now_ns = accounts_of, now_ns
        self._queue_bytes_max = queue_bytes_max
        self._store = FixStore(folder)
        self._seats = {row.name: Seat(row, self._store, now_ns()) for row in self._store.seats()}
        self._heard = self._store.heard
        self._stored_heard = self._heard
        self._groups = {name: self._group_of(seat) for name, seat in self._seats.items()}
        world = World(gateway.instruments, gateway.blotter, gateway.refusal)
        self._fold = FixFold(world)
        self._feed = FixFeed(gateway)
        self._desk = FixDesk(gateway, self._fold, self._feed, now_ns, allow)
        self._connections: set[_Connection] = set()
        self._strangers: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._unlisten = gateway.listen(self._hear)

    @asynccontextmanager
    async def serve(
        self, host: str = HOST, port: int = PORT, tls: ssl.SSLContext | None = None
    ) -> AsyncIterator[int]:
        """Serve on the gateway's loop until left; gives the port, which 0 lets be chosen."""
        for seat in self._seats.values():
            if seat.row.cancels:
                self._start(self._cancel(seat))
        server = await asyncio.start_server(self._accept, host, port, ssl=tls)
        ticking = asyncio.create_task(self._tick())
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()
            ticking.cancel()
            await self._end()
            self.close()

    def close(self) -> None:
        """Hear no more, and let go of the file."""
        with suppress(ValueError):
            self._unlisten()
        self._note_heard()
        self._store.close()

    # What is heard of the market.

    def _hear(self, heard: Heard) -> None:
        """Take a frame: remember it where it is old or nobody ever logged on; else tell it."""
        last = int(heard.told.rows[-1, ask.SEQUENCE])
        if last > self._heard and self._seats:
            self._publish(heard)
        else:
            self._fold.hear(_frame(heard), is_old=True)
            self._heard = max(self._heard, last)
        self._feed.hear(heard)

    def _publish(self, heard: Heard) -> None:
        """Make a frame into messages, stored together, then sent."""
        said, marks = self._fold.hear(_frame(heard))
        now_ns, touched = self._now_ns(), set()
        last = int(heard.told.rows[-1, ask.SEQUENCE])
        receivers = [
            (seat, each)
            for each in said
            if each.sequence > self._heard
            for seat in self._receivers(each)
        ]
        done = [(self._seats[m.seat], m) for m in marks if m.seat in self._seats]
        if receivers or done:
            with self._store.batch():
                for seat, each in receivers:
                    seat.send(each.msg_type, each.fields, now_ns)
                    touched.add(seat)
                for seat, mark in done:
                    if mark.epoch == seat.row.epoch:
                        seat.executed(mark.sequence)
                        touched.add(seat)
                for seat in touched:
                    seat.save()
                self._store.note_heard(last)
            self._stored_heard = last
        self._heard = last

    def _receivers(self, said: Outgoing) -> list[Seat]:
        """Give the seats that a message is for: the one that it answers, and drop copies."""
        found = [self._seats[said.seat]] if said.seat in self._seats else []
        if said.is_copied:
            found += [
                self._seats[name]
                for name, accounts in self._groups.items()
                if said.account in accounts
            ]
        return found

    # Connections.

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        connection: _Connection
        line = FixLine(
            reader, writer, lambda asked: self._resend(connection, asked), self._queue_bytes_max
        )
        connection = _Connection(line)
        same = [each for each in self._connections if each.line.address == line.address]
        if len(self._connections) >= CONNECTIONS_MAX or len(same) >= CONNECTIONS_EACH:
            line.drop("expected fewer connections")
            await line.close()
            return
        self._connections.add(connection)
        try:
            connection.session = FixSession(Terms(ORDERS), self._now_ns())
            while not line.is_ending and (chunk := await line.read()):
                for item in connection.reader.feed(chunk):
                    if not line.is_ending:
                        await self._take(connection, item)
        except MarketError as fault:
            log.error("fix: a connection ends: %s", fault)
            line.drop(str(fault))
        finally:
            self._leave(connection)
            await line.close()
            self._connections.discard(connection)

    async def _take(self, connection: _Connection, item: Message | FixGarbled) -> None:
        """Let the session hear what came, and do what it delivers."""
        session = connection.session
        assert session is not None
        asked = item.text(TARGET) if isinstance(item, Message) else ""
        if connection.member is None and asked == DROP_COPY:  # As whom the peer wants us.
            session = connection.session = FixSession(Terms(DROP_COPY), self._now_ns())
        for action in self._act(connection, session.heard(item, self._now_ns())):
            if isinstance(action, LogonAsked):
                await self._judge(connection, action.message)
            elif isinstance(action, Deliver) and connection.member is not None:
                await self._deliver(connection.member, action.message)

    async def _deliver(self, member: Member, message: Message) -> None:
        if member.seat.row.target == DROP_COPY and message.msg_type != "3":
            text = "a drop copy asks for nothing"
            fields = business_reject(message, NOT_AVAILABLE, text)
            member.seat.send(tag.BUSINESS_REJECT, fields, self._now_ns())
        else:
            await self._desk.deliver(member, message)

    def _act(self, connection: _Connection, actions: list[Action]) -> list[Action]:
        """Do what a session says; give what is left to do."""
        if connection.member is not None:
            return connection.member.seat.act(actions)
        left: list[Action] = []
        for action in actions:
            if isinstance(action, Send):
                connection.line.write(action.data)
            elif isinstance(action, Close):
                connection.line.finish(action.reason)
            else:
                left.append(action)
        return left

    def _resend(self, connection: _Connection, asked: Resend) -> list[Action]:
        session = connection.session
        assert session is not None
        return session.resend(asked, self._now_ns())

    def _leave(self, connection: _Connection) -> None:
        """Let a seat go on without its connection."""
        member = connection.member
        if member is None:
            return
        connection.member = None
        self._feed.leave(member.subscriber)
        seat = member.seat
        log.info("fix: %s left: %s", seat.row.name, connection.line.reason or "the peer closed")
        seat.detach(self._now_ns())
        if seat.row.cancels:
            self._start(self._cancel(seat))

    async def _cancel(self, seat: Seat) -> None:
        """Cancel what a seat has standing; where it is back meanwhile, its orders go all the same.

        That it was done is stored only after it was: a crash in between does it again.
        """
        while True:
            try:
                await self._desk.cancel_orders(seat)
                break
            except GatewayBusy:
                await asyncio.sleep(RETRY_S)
            except MarketError as fault:
                log.error("fix: the orders of %s stand: %s", seat.row.name, fault)
                return
        if seat.line is None:
            seat.row.cancels = False
            seat.save()

    # Logons.

    async def _judge(self, connection: _Connection, message: Message) -> None:
        """Let a key on to its seat, or refuse it."""
        session, line = connection.session, connection.line
        assert session is not None
        try:
            key = await self._admitted(line.address, message)
            if line.is_ending:
                return
            seat = self._seat_of(key, session, message)
        except SignInRefused as refused:
            self._act(connection, session.refuse(str(refused), self._now_ns()))
            return
        for other in [each for each in self._connections if _is_on(each, seat)]:
            other.line.drop("the key logged on again")
            self._leave(other)
        seat.row.cancels = message.text(CANCEL_ON_DISCONNECT) == "Y"
        numbers, stored = seat.session.numbers, seat.stored()
        seat.attach(session, line)

        def say(msg_type: str, fields: Fields) -> None:
            if seat.line is line:
                seat.send(msg_type, fields, self._now_ns(), keeps=False)

        connection.member = Member(seat, key, line.address, self._feed.join(say))
        self._act(connection, session.accept(self._now_ns(), numbers, stored))
        log.info("fix: %s logged on from %s", seat.row.name, line.address)

    async def _admitted(self, address: str, message: Message) -> Key:
        """Give the key that a Logon is signed by; raises SignInRefused."""
        now_ns = self._now_ns()
        count, since_ns = self._strangers.get(address, (0, now_ns))
        if now_ns - since_ns > NS_PER_MINUTE:
            count, since_ns = 0, now_ns
        use = Use(now_ns, address, "fix logon", READ)
        raw = message.value(RAW_DATA)
        try:
            if count >= STRANGERS_MAX:
                raise _too_many()
            raw_data = raw.decode("ascii", "replace") if isinstance(raw, bytes) else ""
            claim = logon_claim(message.text(USERNAME), raw_data, message.text(PASSWORD))
            key = await asyncio.to_thread(self._keys.admit, claim, use)
        except SignInRefused:
            self._strangers[address] = (count + 1, since_ns)
            self._strangers.move_to_end(address)
            if len(self._strangers) > ADDRESSES_MAX:
                self._strangers.popitem(last=False)
            raise
        self._strangers.pop(address, None)
        return key

    def _seat_of(self, key: Key, session: FixSession, message: Message) -> Seat:
        """Give the seat of a key, a new one at its first logon; raises SignInRefused."""
        target, resets = message.text(TARGET), message.text(RESET_SEQ_NUM_FLAG) == "Y"
        name = f"{key.id}/{target}"
        seat = self._seats.get(name)
        if seat is None:
            row = SeatRow(name, key.id, target, key.account, session.peer)
            seat = self._seats[name] = Seat(row, self._store, self._now_ns())
            with self._store.batch():
                seat.save()
                self._note_heard()
        elif seat.row.peer != session.peer and not resets:
            raise _other_peer(seat.row.peer)
        seat.row.peer = session.peer
        self._groups[name] = self._group_of(seat)
        return seat

    def _group_of(self, seat: Seat) -> frozenset[int]:
        """Give the accounts whose reports a seat has besides its own: those of a drop copy."""
        if seat.row.target != DROP_COPY:
            return frozenset()
        key = self._keys.in_force(seat.row.key_id)
        return frozenset() if key is None else self._accounts_of(key)

    def _note_heard(self) -> None:
        if self._heard != self._stored_heard:
            self._store.note_heard(self._heard)
            self._stored_heard = self._heard

    # Time.

    async def _tick(self) -> None:
        """Do what time asks for, ten times a second."""
        turn = 0
        while True:
            await asyncio.sleep(TICK_S)
            turn += 1
            now_ns = self._now_ns()
            for connection in tuple(self._connections):
                session = connection.session
                due_ns = None if session is None else session.due_ns()
                if session is not None and due_ns is not None and due_ns <= now_ns:
                    self._act(connection, session.due(now_ns))
            if turn % CHECKED_EACH == 0:
                self._check_keys()
                self._note_heard()
            self._feed.refresh()

    def _check_keys(self) -> None:
        """Renew each member's key; log out whose key is no longer in force, and copy it nothing."""
        for connection in tuple(self._connections):
            member, session = connection.member, connection.session
            if member is None or session is None:
                continue
            key = self._keys.in_force(member.key.id)
            if key is not None:
                member.key = key
            elif not connection.line.is_ending:
                self._groups[member.seat.row.name] = frozenset()
                self._act(connection, session.end("the key is revoked", self._now_ns()))

    async def _end(self) -> None:
        """Log everyone out, and wait for what is in work."""
        for connection in tuple(self._connections):
            if connection.session is not None:
                self._act(connection, connection.session.end("the server stops", self._now_ns()))
            connection.line.finish("the server stops")
        for connection in tuple(self._connections):
            await connection.line.close()
        while self._connections:
            await asyncio.sleep(TICK_S / 10)
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _frame(heard: Heard) -> Frame:
    return Frame(heard.told.rows, heard.told.events, heard.told.private, heard.changes)


def _is_on(connection: _Connection, seat: Seat) -> bool:
    return connection.member is not None and connection.member.seat is seat


def _too_many() -> SignInRefused:
    few = f"expected fewer than {STRANGERS_MAX} refused logons a minute from one address"
    return SignInRefused(Why.FULL, f"{few}, found more")


def _other_peer(peer: str) -> SignInRefused:
    expected = f"expected SenderCompID {peer}, which this key first logged on with"
    return SignInRefused(Why.MALFORMED, f"{expected}, or ResetSeqNumFlag; found another")
