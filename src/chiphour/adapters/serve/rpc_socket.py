"""RPC SOCKET: JSON-RPC over WebSocket: one connection, its requests, its subscriptions.

Takes   the bytes of a connection that asked for an upgrade at `/ws/api/v2`.
Gives   an answer to each request, messages of the channels that it subscribed to.
Keeps   a slow reader slows nobody: beyond one bound it gets no book until it has caught up, and
        then a whole one; beyond another it is let go, and told why where it still reads. A request
        that waits unread stops the reading, not the server. Who has gone silent is let go.
Source  RFC 6455, by the library `websockets`; Deribit's API v2; decision 0035.

It is made by the web server in place of its own WebSocket protocol: bytes go straight from the
transport to the library and back, with no queue or task between.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any
from typing import cast

from websockets.frames import Frame
from websockets.frames import Opcode
from websockets.http11 import Request as Handshake
from websockets.server import ServerProtocol

from chiphour.adapters.feed import Feed
from chiphour.adapters.keys import KeyRing
from chiphour.adapters.last_orders import LastOrders
from chiphour.adapters.rpc import MALFORMED_COST
from chiphour.adapters.rpc import Asker
from chiphour.adapters.rpc import Rpc
from chiphour.adapters.rpc import refused
from chiphour.wire.jsonrpc import REQUEST_BYTES_MAX
from chiphour.wire.jsonrpc import Request
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.jsonrpc import notification
from chiphour.wire.jsonrpc import parse_request
from chiphour.wire.jsonrpc import refusal
from chiphour.wire.key import Key

PATH = "/ws/api/v2"
SLOW_BYTES = 1 << 18  # Unsent: from here on no book, ticker or quote until it has caught up.
LOST_BYTES = 1 << 22  # Unsent: let go.
HANDSHAKE_S = 10.0
PING_S = 30.0  # Of silence, then a ping; of as much silence after it, the end.
CLOSE_S = 5.0
RENEW_S = 1.0
TURN_BYTES = 1 << 16  # Of one turn of the loop; then they are written at once.
UNDER_WAY_MAX = 1_024  # Requests without an answer; then no more is read.

CLOSE_NORMAL, CLOSE_POLICY, CLOSE_RESTART = 1000, 1008, 1012

log = logging.getLogger(__name__)
_quiet = logging.getLogger(f"{__name__}.websockets")
_quiet.setLevel(logging.CRITICAL)  # What a stranger sends fills no log of ours.


class Hub:
    """What the connections of one server share."""

    def __init__(
        self, rpc: Rpc, keys: KeyRing, feed: Feed, last: LastOrders, connections_max: int
    ) -> None:
        """Serve at most so many connections."""
        self.rpc, self.feed, self.last = rpc, feed, last
        self._keys = keys
        self.connections: set[RpcSocket] = set()
        self.connections_max = connections_max
        self.let_go: dict[str, int] = {}  # How many, by reason.
        self._timer: asyncio.TimerHandle | None = None
        self._unsent: list[RpcSocket] = []

    def open(self) -> None:
        """Look each second whether the keys of those who are here are still in force."""
        self._timer = asyncio.get_running_loop().call_later(RENEW_S, self._renew)

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _renew(self) -> None:
        self.open()
        signed = [each for each in self.connections if each.asker.key is not None]
        current: dict[str, Key | None] = {}
        for each in signed:
            key = cast(Key, each.asker.key)
            if key.id not in current:
                current[key.id] = self._keys.in_force(key.id)
            if current[key.id] is None:
                each.let_go("key no longer in force")

    def send_soon(self, connection: "RpcSocket") -> None:
        """Let a connection write at the end of this turn of the loop, with all others at once."""
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._send)
        self._unsent.append(connection)

    def _send(self) -> None:
        unsent, self._unsent = self._unsent, []
        for each in unsent:
            each.write()

    def protocol(self, **server: Any) -> "RpcSocket":
        """Make the protocol of a connection, as the web server asks for it."""
        return RpcSocket(self, server["server_state"])


class RpcSocket(asyncio.Protocol):
    """One connection."""

    def __init__(self, hub: Hub, state: Any) -> None:
        """Wait for the handshake. `state` is the web server's: its set of connections."""
        self._hub, self._state = hub, state
        self._loop = asyncio.get_running_loop()
        self._wire = ServerProtocol(max_size=REQUEST_BYTES_MAX, logger=_quiet)
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._parts: list[bytes] = []
        self._out: list[bytes] = []
        self._out_bytes = 0
        self._under_way = 0
        self._opened = self._closing = False
        self._heard_at = self._loop.time()
        self._pinged = self._tested = False
        self._heartbeat_s = 0
        self._timer: asyncio.TimerHandle | None = None
        self.asker: Asker = cast(Asker, None)
        self.is_slow = False

    # -- the connection -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the request for the upgrade comes next."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=SLOW_BYTES, low=SLOW_BYTES // 8)
        peer = transport.get_extra_info("peername")
        self.asker = self._hub.rpc.asker(str(peer[0]) if peer else "", self)
        self._state.connections.add(self)
        self._timer = self._loop.call_later(HANDSHAKE_S, self._wake)

    def connection_lost(self, fault: Exception | None) -> None:
        """Forget the connection; cancel what it holds."""
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        self._state.connections.discard(self)
        self._hub.connections.discard(self)
        self._hub.feed.leave(self)
        self._hub.last.gone(self.asker)
        self._unbind()

    def _unbind(self) -> None:
        """Undo the circles: what has ended goes at once, not with a search for cycles, one day."""
        self.asker.connection = self._timer = None
        self._wire.parser.close()
        self._wire.parser_exc = None

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._heard_at, self._pinged, self._tested = self._loop.time(), False, False
        self._wire.receive_data(data)
        for event in self._wire.events_received():
            if isinstance(event, Handshake):
                self._accept(event)
            elif isinstance(event, Frame):
                self._take(event)
        self._flush_wire()
        if self._wire.close_expected() and not self._closing:
            self._end_soon()

    def eof_received(self) -> None:
        """Take the end of what the other side sends."""
        self._wire.receive_eof()
        self._flush_wire()

    def pause_writing(self) -> None:
        """Note that the other side reads slowly."""
        self.is_slow = True
        self._read_or_not()

    def resume_writing(self) -> None:
        """Note that it has caught up: it gets a whole book where it missed a part."""
        self.is_slow = False
        self._read_or_not()
        self._hub.feed.resume(self)

    def shutdown(self) -> None:
        """Say that the server ends."""
        self._close(CLOSE_RESTART, "the server ends")
        self._transport.close()

    def _accept(self, handshake: Handshake) -> None:
        response = self._wire.accept(handshake)
        if handshake.path.split("?")[0] != PATH:
            response = self._wire.reject(404, f"expected {PATH}\n")
        elif len(self._hub.connections) >= self._hub.connections_max:
            response = self._wire.reject(503, "too many connections\n")
        self._wire.send_response(response)
        if response.status_code == 101:
            self._opened = True
            self._hub.connections.add(self)

    def _take(self, frame: Frame) -> None:
        """Take a frame: what is no part of a message the library has answered."""
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return
        self._parts.append(bytes(frame.data))
        if frame.fin:
            message, self._parts = b"".join(self._parts), []
            if not self._closing:
                self._ask(message)

    # -- requests -----------------------------------------------------------------------------

    def _ask(self, message: bytes) -> None:
        us_in, rpc = time.time_ns() // 1_000, self._hub.rpc
        try:
            request = parse_request(message)
        except Exception as fault:
            error = refused(fault)
            try:
                rpc.pay(self.asker, MALFORMED_COST)
            except RpcRefused:
                self.let_go("malformed requests without end")
                return
            self.send(refusal(None, error, us_in, time.time_ns() // 1_000, rpc.left(self.asker)))
            return
        self._under_way += 1
        if self._under_way == UNDER_WAY_MAX:
            self._read_or_not()
        rpc.handle(request, self.asker, self._reply(request), us_in)

    def _reply(self, request: Request) -> Callable[[bytes, int], None]:
        def reply(body: bytes, status: int) -> None:
            self._under_way -= 1
            if self._under_way == UNDER_WAY_MAX - 1:
                self._read_or_not()
            self.send(body)

        return reply

    def _read_or_not(self) -> None:
        """Read on only where answers go out."""
        if self._transport.is_closing():
            return
        if self.is_slow or self._under_way >= UNDER_WAY_MAX:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    # -- what goes out ------------------------------------------------------------------------

    def send(self, message: bytes) -> None:
        """Send a text."""
        if self._opened and not self._closing:
            self._queue(frame_of(message))

    def send_frame(self, frame: bytes) -> None:
        """Send a frame that may be shared with others: at once, behind what waits for the turn."""
        if self._closing or not self._opened:
            return
        if self._out or self.is_slow:
            self._queue(frame)
        else:
            self._transport.write(frame)

    def _queue(self, frame: bytes) -> None:
        """Let a frame wait for the end of this turn of the loop."""
        if not self._out:
            self._hub.send_soon(self)
        self._out.append(frame)
        self._out_bytes += len(frame)
        if self._out_bytes > TURN_BYTES:  # Many reads may come before the turn ends.
            self.write()

    def write(self) -> None:
        """Write what was sent since the last turn of the loop."""
        out, self._out, self._out_bytes = self._out, [], 0
        if not out or self._transport.is_closing():
            return
        if self.is_slow and self._transport.get_write_buffer_size() > LOST_BYTES:
            self.let_go("slow reader")
            return
        self._transport.write(out[0] if len(out) == 1 else b"".join(out))

    def _flush_wire(self) -> None:
        """Send what the library has to say; an empty piece is the end."""
        for piece in self._wire.data_to_send():
            if piece:
                self._transport.write(piece)
            else:
                self._transport.close()

    def let_go(self, reason: str) -> None:
        """End the connection, and say why."""
        self._hub.let_go[reason] = self._hub.let_go.get(reason, 0) + 1
        log.info("a connection of %s was let go: %s", self.asker.address, reason)
        self._close(CLOSE_POLICY, reason)
        if self._transport.get_write_buffer_size() > SLOW_BYTES:
            self._transport.abort()  # It would never be read.
        else:
            self._transport.close()

    def _close(self, code: int, reason: str) -> None:
        if self._opened and not self._closing:
            self.write()
            if self._closing:
                return  # It was let go by that: it reads too slowly.
            self._end_soon()
            self._wire.send_close(code, reason)
            self._flush_wire()

    def _end_soon(self) -> None:
        """Say nothing more; wait a while for the other side to close, too."""
        self._closing = True
        self._loop.call_later(CLOSE_S, self._transport.abort)

    # -- what methods ask of it ---------------------------------------------------------------

    def subscribe(self, channels: list[str]) -> list[str]:
        """Add channels; raises RpcRefused for one that nobody serves."""
        return self._hub.feed.join(self, channels)

    def unsubscribe(self, channels: list[str] | None) -> list[str]:
        """Let go of channels, or of all."""
        return self._hub.feed.leave(self, channels)

    def set_heartbeat(self, interval_s: int) -> None:
        """Ask the other side for a sign of life each so many seconds; 0 ends it."""
        self._heartbeat_s = interval_s
        self._wake_in(interval_s or PING_S)

    def hold_orders(self, on: bool) -> None:
        """Cancel this connection's orders when it ends, or no more."""
        self.asker.holds_orders = on
        if not on:
            self.asker.orders.clear()

    def close_soon(self, reason: str) -> None:
        """Close once the answer is written."""
        self._loop.call_soon(self._close, CLOSE_NORMAL, reason)

    # -- time ---------------------------------------------------------------------------------

    def _wake_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self._wake)

    def _wake(self) -> None:
        """Do what time asks for: a heartbeat, a question, the end."""
        if not self._opened:
            self._transport.abort()
            return
        silent_s = self._loop.time() - self._heard_at
        wait_s = self._heartbeat_s or PING_S
        self._wake_in(wait_s)
        if self._heartbeat_s:
            self.send(notification("heartbeat", {"type": "heartbeat"}))
        if silent_s < wait_s:
            return
        if self._pinged or self._tested:
            self.let_go("silent")
        elif self._heartbeat_s:
            self._tested = True
            self.send(notification("heartbeat", {"type": "test_request"}))
        else:
            self._pinged = True
            self._wire.send_ping(b"")
            self._flush_wire()


def frame_of(message: bytes) -> bytes:
    """Give the frame of a text, as the server sends it to anyone."""
    return Frame(Opcode.TEXT, message).serialize(mask=False)
