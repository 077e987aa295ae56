"""FIX_LINE: one TCP connection of FIX: bytes in, in bounded pieces; bytes out, in a bounded queue.

Takes   a stream's two ends; bytes and ranges to be sent, in order.
Gives   chunks; the end, with its reason.
Keeps   nobody waits for a slow reader: what is for it waits in its own queue, and beyond its bound
        the connection is dropped. What is sent again is read a portion at a time, as the
        connection takes it.
Source  Decision 0032.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from chiphour.observe.observation import MarketError
from chiphour.wire.fix import MESSAGE_BYTES_MAX
from chiphour.wire.fix_resend import Resend
from chiphour.wire.fix_session import Action
from chiphour.wire.fix_session import Send

CHUNK_BYTES_MAX = MESSAGE_BYTES_MAX
QUEUE_BYTES_MAX = 1 << 22
TRANSPORT_BYTES_MAX = 1 << 16
FINISH_S = 5

log = logging.getLogger(__name__)


class FixLine:
    """A connection. `resend` gives the next portion of a range, for the session that is open."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        resend: Callable[[Resend], list[Action]],
        queue_bytes_max: int = QUEUE_BYTES_MAX,
    ) -> None:
        """Begin to write what is put."""
        peer = writer.get_extra_info("peername") or ("", 0)
        self.address = str(peer[0])
        self.reason = ""
        self._reader, self._writer = reader, writer
        self._resend = resend
        self._queue: deque[bytes | Resend] = deque()
        self._queued = 0
        self._queue_bytes_max = queue_bytes_max
        self._changed = asyncio.Event()
        self._finishing = False
        self._ending: asyncio.TimerHandle | None = None
        writer.transport.set_write_buffer_limits(TRANSPORT_BYTES_MAX)
        self._pump = asyncio.create_task(self._write_all())

    @property
    def is_ending(self) -> bool:
        """Tell whether nothing more is to be heard."""
        return bool(self.reason)

    async def read(self) -> bytes:
        """Give the next bytes; none at the end."""
        try:
            return await self._reader.read(CHUNK_BYTES_MAX)
        except OSError:
            return b""

    def write(self, data: bytes) -> None:
        """Write bytes when the connection takes them; too many that wait end it."""
        if self._finishing:
            return
        self._queue.append(data)
        self._queued += len(data)
        waiting = self._queued + self._writer.transport.get_write_buffer_size()
        if waiting > self._queue_bytes_max:
            self.drop(f"expected a reader, found {waiting} bytes that it did not take")
        self._changed.set()

    def again(self, asked: Resend) -> None:
        """Send again, in portions, after what was written."""
        self._queue.append(asked)
        self._changed.set()

    def finish(self, reason: str) -> None:
        """Close when all is written, or after FINISH_S."""
        if not self._finishing:
            self._ending = asyncio.get_running_loop().call_later(FINISH_S, self._abort)
        self.reason = self.reason or reason
        self._finishing = True
        self._changed.set()

    def drop(self, reason: str) -> None:
        """Close at once."""
        self.reason = self.reason or reason
        self._finishing = True
        self._queue.clear()
        self._abort()

    async def close(self) -> None:
        """Wait until all is written that the peer takes, and the connection is gone."""
        self.finish("closed")
        await asyncio.wait({self._pump})
        if self._ending is not None:
            self._ending.cancel()

    def _abort(self) -> None:
        """Break the connection off: whoever waits for it goes on."""
        self._changed.set()
        self._writer.transport.abort()

    async def _write_all(self) -> None:
        try:
            while not (self._finishing and not self._queue):
                if not self._queue:
                    self._changed.clear()
                    await self._changed.wait()
                    continue
                self._write_some()
                await self._writer.drain()
        except (OSError, MarketError) as fault:
            self.reason = self.reason or f"the connection broke: {fault}"
        finally:
            self._finishing = True
            self.reason = self.reason or "closed"
            self._queue.clear()
            self._writer.close()

    def _write_some(self) -> None:
        """Give the connection the bytes that wait, or one portion of a range."""
        first = self._queue[0]
        if isinstance(first, Resend):
            self._queue.popleft()
            left: Resend | None = None
            for action in self._resend(first):
                if isinstance(action, Send):
                    self._writer.write(action.data)
                elif isinstance(action, Resend):
                    left = action
            if left is not None:
                self._queue.appendleft(left)
            return
        parts: list[bytes] = []
        size = 0
        while self._queue and size < TRANSPORT_BYTES_MAX:
            each = self._queue[0]
            if isinstance(each, Resend):
                break
            parts.append(each)
            size += len(each)
            self._queue.popleft()
        self._queued -= size
        self._writer.write(b"".join(parts))
