"""RPC SESSION: signing in and out, heartbeats, subscriptions, what happens when a member is gone.

Takes   requests of a connection, or of one HTTP request.
Gives   tokens, channels, states; orders cancelled when a connection ends or a timer runs out.
Keeps   no token in a log or in the trail. What needs an open connection is refused without one.
Source  Deribit's API v2, `public/auth`, `set_heartbeat`, `enable_cancel_on_disconnect`; decisions
        0029 and 0035. `private/cancel_all_after` is ours: a dead man's timer.

    the dialect's scope         ours
    account:read, trade:read    read
    trade:read_write            trade
    wallet:read_write           withdraw
"""

from collections.abc import Callable
from collections.abc import Mapping

from chiphour import __version__
from chiphour.adapters.gateway import Gateway
from chiphour.adapters.keys import KeyRing
from chiphour.adapters.last_orders import LastOrders
from chiphour.adapters.rpc import Asker
from chiphour.adapters.rpc import Connection
from chiphour.adapters.rpc import Method
from chiphour.adapters.sessions import Tokens
from chiphour.wire.jsonrpc import INVALID_PARAMS
from chiphour.wire.jsonrpc import Fields
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.jsonrpc import refuse
from chiphour.wire.key import READ
from chiphour.wire.key import SCOPES
from chiphour.wire.key import TRADE
from chiphour.wire.key import WITHDRAW
from chiphour.wire.key import Use
from chiphour.wire.signature import session_claim

UNSUPPORTED = (11047, "unsupported_arg_combination")
HEARTBEAT_S_MIN = 10
HEARTBEAT_S_MAX = 3_600
CHANNELS_MAX = 256  # Of one request.
CHANNEL_LENGTH_MAX = 128
SCOPE_LENGTH_MAX = 256
TOKEN_LENGTH_MAX = 128
AFTER_S_MAX = 86_400

_WORDS = {
    READ: ("account:read", "trade:read", "wallet:read", "block_trade:read"),
    TRADE: ("trade:read_write", "block_trade:read_write"),
    WITHDRAW: ("wallet:read_write",),
}


class Sessions:
    """The methods that need the key ring, or act when somebody is gone."""

    def __init__(self, keys: KeyRing, last: LastOrders, now_ns: Callable[[], int]) -> None:
        """Sign in by these keys; `last` cancels for who is gone."""
        self._keys, self._last, self._now_ns = keys, last, now_ns

    def methods(self) -> Mapping[str, Method]:
        """Give the methods by name."""
        return {
            "public/auth": Method(self._auth, cost=10),
            "public/hello": Method(_hello),
            "public/set_heartbeat": Method(_set_heartbeat),
            "public/disable_heartbeat": Method(_disable_heartbeat),
            "public/subscribe": Method(_subscribe, cost=5),
            "public/unsubscribe": Method(_unsubscribe),
            "public/unsubscribe_all": Method(_unsubscribe_all),
            "private/subscribe": Method(_subscribe, READ, cost=5),
            "private/unsubscribe": Method(_unsubscribe, READ),
            "private/unsubscribe_all": Method(_unsubscribe_all, READ),
            "private/logout": Method(self._logout, READ),
            "private/enable_cancel_on_disconnect": Method(self._enable, TRADE),
            "private/disable_cancel_on_disconnect": Method(self._disable, TRADE),
            "private/get_cancel_on_disconnect": Method(self._shown, READ),
            "private/cancel_all_after": Method(self._cancel_all_after, TRADE),
        }

    def _auth(self, gateway: Gateway, asker: Asker, fields: Fields) -> object:
        """Sign in by a signature, or go on by a refresh token."""
        grant = fields.needed(fields.take_text("grant_type"), "grant_type")
        use = Use(self._now_ns(), asker.address, "public/auth")
        if grant == "client_signature":
            tokens = self._signed(fields, use)
        elif grant == "refresh_token":
            token = fields.take_text("refresh_token", TOKEN_LENGTH_MAX)
            fields.end()
            tokens = self._keys.refresh(fields.needed(token, "refresh_token"), use)
        elif grant == "client_credentials":
            reason = "the secret itself is never sent here: sign with grant_type client_signature"
            raise RpcRefused(*UNSUPPORTED, {"reason": reason, "param": "grant_type"})
        else:
            nearest = ["client_signature", "refresh_token"]
            fields.refuse("grant_type", "expected a way to sign in", nearest=nearest)
        if asker.connection is not None:
            if asker.key is not None and asker.account != tokens.key.account:
                reason = "this connection is another account's: open one for each"
                raise RpcRefused(*UNSUPPORTED, {"reason": reason})
            asker.key, asker.refresh_token = tokens.key, tokens.refresh
            self._last.signed_in(asker)
        return _told(tokens)

    def _signed(self, fields: Fields, use: Use) -> Tokens:
        taken = {
            name: fields.needed(fields.take_id(name), name)
            for name in ("client_id", "timestamp", "signature")
        }
        nonce, data = _maybe_empty(fields, "nonce"), _maybe_empty(fields, "data")
        wanted = _scopes(_maybe_empty(fields, "scope"))
        _maybe_empty(fields, "state")
        fields.end()
        key_id, stamp, signature = taken.values()
        return self._keys.sign_in(session_claim(key_id, stamp, nonce, data, signature), use, wanted)

    def _logout(self, gateway: Gateway, asker: Asker, fields: Fields) -> object:
        fields.take_truth("invalidate_token")
        fields.end()
        _connection(asker, "private/logout").close_soon("logged out")
        return "ok"

    def _enable(self, gateway: Gateway, asker: Asker, fields: Fields) -> object:
        scope = fields.take_word("scope", _HOLDS) or "connection"
        fields.end()
        if scope == "account":
            self._last.hold_account(asker.account, True)
        else:
            _connection(asker, "the scope connection").hold_orders(True)
        return "ok"

    def _disable(self, gateway: Gateway, asker: Asker, fields: Fields) -> object:
        scope = fields.take_word("scope", _HOLDS) or "connection"
        fields.end()
        if scope == "account":
            self._last.hold_account(asker.account, False)
        else:
            _connection(asker, "the scope connection").hold_orders(False)
        return "ok"

    def _shown(self, gateway: Gateway, asker: Asker, fields: Fields) -> object:
        scope = fields.take_word("scope", _HOLDS) or "connection"
        fields.end()
        of_account = self._last.holds_account(asker.account)
        return {"scope": scope, "enabled": of_account if scope == "account" else asker.holds_orders}

    def _cancel_all_after(self, gateway: Gateway, asker: Asker, fields: Fields) -> object:
        timeout_s = fields.needed(fields.take_whole("timeout", most=AFTER_S_MAX), "timeout")
        fields.end()
        self._last.cancel_after(asker.account, timeout_s)
        return {"timeout": timeout_s}


_HOLDS = {"connection": "connection", "account": "account"}


def _connection(asker: Asker, what: str) -> Connection:
    """Give the open connection of who asks; raises RpcRefused where there is none."""
    if asker.connection is None:
        reason = f"{what} needs a WebSocket: it is about a connection that stays open"
        raise RpcRefused(*UNSUPPORTED, {"reason": reason})
    return asker.connection


def _hello(gateway: Gateway, asker: Asker, fields: Fields) -> object:
    for name in ("client_name", "client_version"):
        fields.take_id(name)
    return {"version": __version__}


def _set_heartbeat(gateway: Gateway, asker: Asker, fields: Fields) -> object:
    interval_s = fields.take_whole("interval", HEARTBEAT_S_MIN, HEARTBEAT_S_MAX)
    fields.end()
    interval_s = fields.needed(interval_s, "interval")
    _connection(asker, "a heartbeat").set_heartbeat(interval_s)
    return "ok"


def _disable_heartbeat(gateway: Gateway, asker: Asker, fields: Fields) -> object:
    _connection(asker, "a heartbeat").set_heartbeat(0)
    return "ok"


def _subscribe(gateway: Gateway, asker: Asker, fields: Fields) -> object:
    channels = _channels(fields)
    fields.take_text("label")
    fields.end()
    return _connection(asker, "a subscription").subscribe(channels)


def _unsubscribe(gateway: Gateway, asker: Asker, fields: Fields) -> object:
    channels = _channels(fields)
    fields.take_text("label")
    fields.end()
    return _connection(asker, "a subscription").unsubscribe(channels)


def _unsubscribe_all(gateway: Gateway, asker: Asker, fields: Fields) -> object:
    _connection(asker, "a subscription").unsubscribe(None)
    return "ok"


def _maybe_empty(fields: Fields, name: str) -> str:
    """Take a text that clients send empty too."""
    value = fields.take_id(name) or ""
    if len(value) > SCOPE_LENGTH_MAX:
        fields.refuse(name, f"expected at most {SCOPE_LENGTH_MAX} characters, found {len(value)}")
    return value


def _channels(fields: Fields) -> list[str]:
    found = fields.needed(fields.take("channels"), "channels")
    if isinstance(found, str):
        found = [found]  # Of a query.
    if not isinstance(found, list) or not 0 < len(found) <= CHANNELS_MAX:
        fields.refuse("channels", f"expected a list of 1 to {CHANNELS_MAX} channels")
    for each in found:
        if not isinstance(each, str) or not 0 < len(each) <= CHANNEL_LENGTH_MAX:
            fields.refuse("channels", f"expected names of 1 to {CHANNEL_LENGTH_MAX} characters")
    return [str(each) for each in found]


def _scopes(text: str) -> frozenset[str]:
    """Read the scopes that are asked for; where none of ours is named, all."""
    asked = set(text.split())
    named = {scope for scope, words in _WORDS.items() if asked & {*words}}
    if not named:
        return frozenset(SCOPES)
    return frozenset(named | {READ})


def _told(tokens: Tokens) -> dict[str, object]:
    words = [word for scope, of in _WORDS.items() if scope in tokens.key.scopes for word in of]
    return {
        "access_token": tokens.access,
        "refresh_token": tokens.refresh,
        "expires_in": tokens.expires_s,
        "token_type": "bearer",
        "scope": " ".join(["connection", *words]),
        "enabled_features": [],
    }


def check_channels(unknown: list[str]) -> None:
    """Refuse channels that nobody serves; nothing is subscribed then."""
    if unknown:
        refuse(INVALID_PARAMS, f"no channel {unknown[0]}", param="channels", unknown=unknown)
