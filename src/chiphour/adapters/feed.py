"""FEED: who listens to which channel, and what each is told: encoded once, sent to all.

Takes   frames as the gateway folded them; subscriptions of connections; turns of a timer.
Gives   messages of channels, each encoded once whoever many listen.
Keeps   for each subscriber the order of a channel without a hole: who reads too slowly gets
        nothing of a channel that can begin anew until it has caught up, and then its beginning;
        of any other channel everything. A private channel speaks to its own account alone.
Source  Deribit's API v2, `public/subscribe`; decision 0035.

What a channel says is made by a `Source`; `feed_market.py` and `feed_account.py` know them by name.
"""

import asyncio
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from difflib import get_close_matches
from typing import Any
from typing import Protocol

from chiphour.adapters.gateway import Gateway
from chiphour.adapters.gateway import Heard
from chiphour.adapters.rpc import Asker
from chiphour.wire.jsonrpc import INVALID_PARAMS
from chiphour.wire.jsonrpc import NEAREST_MAX
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.jsonrpc import notification
from chiphour.wire.jsonrpc import refuse
from chiphour.wire.jsonrpc import shown

CHANNELS_MAX = 512  # That one connection listens to.
TICK_S = 0.1


class Source(Protocol):
    """What fills one channel."""

    begins_anew: bool  # Whether `first` makes up for whatever was missed.

    def first(self) -> object | None:
        """Give what a new subscriber is told at once, or None."""

    def hear(self, heard: Heard) -> Iterable[object]:
        """Give the messages that a frame makes."""

    def flush(self) -> Iterable[object]:
        """Give the message of what has gathered, if anything."""

    def tick(self, turn: int) -> Iterable[object]:
        """Give the messages of the turn of the timer, each 100 ms."""


class Listener(Protocol):
    """A connection as a feed sees it."""

    asker: Asker
    is_slow: bool

    def send_frame(self, frame: bytes) -> None:
        """Send a frame that is shared with others."""


Family = Callable[[Gateway, Sequence[str], Asker], Source | None]


@dataclass(eq=False)
class _Channel:
    name: str
    key: tuple[str, int]
    source: Source
    listeners: dict[Any, bool] = field(default_factory=dict)  # True for one that missed some.


class Feed:
    """All channels that somebody listens to."""

    def __init__(
        self, gateway: Gateway, families: dict[str, Family], frame_of: Callable[[bytes], bytes]
    ) -> None:
        """Hear the gateway; `families` make sources by the first word of a channel's name."""
        self._gateway, self._families, self._frame_of = gateway, families, frame_of
        self._channels: dict[tuple[str, int], _Channel] = {}
        self._of: dict[Any, dict[str, _Channel]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._turn = 0
        self.delivered = 0
        gateway.listen(self._hear)

    def open(self) -> None:
        """Begin the timer, on the loop."""
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(TICK_S, self._tick, loop.time() + TICK_S)

    def close(self) -> None:
        """End the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def join(self, listener: Listener, names: list[str]) -> list[str]:
        """Add channels; each is told its beginning. Raises RpcRefused, and then adds none."""
        own = self._of.setdefault(listener, {})
        fresh = [name for name in dict.fromkeys(names) if name not in own]
        if len(own) + len(fresh) > CHANNELS_MAX:
            reason = f"expected at most {CHANNELS_MAX} channels, found more"
            refuse(INVALID_PARAMS, reason, param="channels")
        found = [self._channel(listener, name) for name in fresh]
        for channel in found:
            own[channel.name] = channel
            self._channels[channel.key] = channel
            channel.listeners[listener] = True
        # The answer goes first: a client knows its channels by it.
        asyncio.get_running_loop().call_soon(self._begin, listener, found)
        return names

    def leave(self, listener: Listener, names: list[str] | None = None) -> list[str]:
        """Let go of channels, or of all; give those that were there."""
        own = self._of.get(listener, {})
        gone = [
            name for name in (list(own) if names is None else dict.fromkeys(names)) if name in own
        ]
        for name in gone:
            channel = own.pop(name)
            del channel.listeners[listener]
            if not channel.listeners:
                del self._channels[channel.key]
        if not own:
            self._of.pop(listener, None)
        return gone

    def resume(self, listener: Listener) -> None:
        """Tell who has caught up the beginning of each channel that it missed a part of."""
        own = self._of.get(listener, {}).values()
        self._begin(listener, [channel for channel in own if channel.listeners[listener]])

    def _channel(self, listener: Listener, name: str) -> _Channel:
        """Give a channel that is there, or a new one; raises RpcRefused."""
        held = self._channels.get(self._key(listener, name))
        if held is not None:
            return held
        word, *rest = name.split(".")
        family = self._families.get(word)
        source = None if family is None else family(self._gateway, rest, listener.asker)
        if source is None:
            nearest = get_close_matches(word, list(self._families), NEAREST_MAX)
            data = {"reason": f"no channel {shown(name)}", "param": "channels", "nearest": nearest}
            raise RpcRefused(INVALID_PARAMS, "Invalid params", data)
        return _Channel(name, self._key(listener, name), source)

    def _key(self, listener: Listener, name: str) -> tuple[str, int]:
        """Tell private channels of one name apart by their account."""
        key = listener.asker.key if name.startswith("user.") else None
        return name, key.account if key else 0

    def _begin(self, listener: Listener, channels: list[_Channel]) -> None:
        """Tell the beginning; what has gathered goes to the others first, so that it is of now."""
        for channel in channels:
            if listener not in channel.listeners:
                continue  # It has left since.
            for message in channel.source.flush():
                self._publish(channel, message)
            channel.listeners[listener] = False
            if (first := channel.source.first()) is not None:
                listener.send_frame(self._frame(channel, first))

    def _hear(self, heard: Heard) -> None:
        for channel in tuple(self._channels.values()):
            for message in channel.source.hear(heard):
                self._publish(channel, message)

    def _tick(self, due: float) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_at(max(due + TICK_S, loop.time()), self._tick, due + TICK_S)
        self._turn += 1
        for channel in tuple(self._channels.values()):
            for message in channel.source.tick(self._turn):
                self._publish(channel, message)

    def _publish(self, channel: _Channel, message: object) -> None:
        frame = self._frame(channel, message)
        begins_anew = channel.source.begins_anew
        for listener, missed in channel.listeners.items():
            if begins_anew and (missed or listener.is_slow):
                channel.listeners[listener] = True
            else:
                listener.send_frame(frame)
        self.delivered += len(channel.listeners)

    def _frame(self, channel: _Channel, message: object) -> bytes:
        params = {"channel": channel.name, "data": message}
        return self._frame_of(notification("subscription", params))
