"""OPENRPC: every method of the dialect described: what it does, takes, gives and costs.

Takes   the names of the methods with the scope that each needs and its cost; examples, where there
        are some.
Gives   the OpenRPC document that is served at `/schema/openrpc.json`; `METHODS` and `PARAMS`, from
        which docs/api/methods.md is written.
Keeps   one description for a param wherever it is taken. A method without a description is a
        fault of ours, at once.
Source  The OpenRPC specification 1.3.2; Deribit's API v2; decision 0036. It raises nothing.
"""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

OPENRPC = "1.3.2"
Object = dict[str, object]


class Asked(NamedTuple):
    """A method: its summary, the params that it needs, those that it takes, its result's type."""

    summary: str
    needed: str = ""
    taken: str = ""
    result: str = "object"

    @property
    def params(self) -> list[str]:
        """Give the names of all params, the needed ones first."""
        return [*self.needed.split(), *self.taken.split()]


class Served(NamedTuple):
    """What the server says of a method: the scope of a key that it needs, what it costs."""

    scope: str | None
    cost: int


class Example(NamedTuple):
    """A request and its answer."""

    params: Mapping[str, object]
    result: object


# By name: the type, and what it means. A number may be given as a text too.
PARAMS: dict[str, tuple[str, str]] = {
    "amount": ("number", "Lots, in units of the contract; a whole number."),
    "channels": ("array", "Names of channels, at most 256."),
    "client_id": ("string", "The id of a key."),
    "client_name": ("string", "What the client is called."),
    "client_version": ("string", "The client's version."),
    "continuation": ("string", "What came with the page before."),
    "contracts": ("number", "The same as `amount`; where both are said they must agree."),
    "count": ("integer", "How many to give, at most 1,000 (of the transaction log 250)."),
    "currency": ("string", "`USDC`, `any`, or the first word of instruments."),
    "data": ("string", "A text of the client's own, which it signs too."),
    "delta_limit": ("number", "Refused: protection here counts lots."),
    "depth": ("integer", "How many prices of either side, 1 to 10,000."),
    "detailed": ("boolean", "Only `false`."),
    "direction": ("string", "`buy` or `sell`."),
    "display_amount": ("number", "How much of the order shows: an iceberg."),
    "end_seq": ("integer", "The last number of a trade."),
    "end_timestamp": ("integer", "The end of the time, in milliseconds, inclusive."),
    "expected_result": ("string", "`exception` asks for an error."),
    "expired": ("boolean", "Those that have expired, instead of those that have not."),
    "extended": ("boolean", "Tell more."),
    "freeze_quotes": ("boolean", "Only `false`."),
    "frozen_time": ("integer", "Seconds in which orders are refused after it; 0: until a reset."),
    "grant_type": ("string", "`client_signature` or `refresh_token`."),
    "historical": ("boolean", "Of no effect: there is one store."),
    "include_old": ("boolean", "Of no effect: there is one store."),
    "include_unfilled": ("boolean", "Tell orders that ended without a trade too."),
    "index_name": ("string", "The ticker of an index, or of two with a dash between."),
    "instrument_id": ("integer", "The number of an instrument."),
    "instrument_name": ("string", "The name of an instrument."),
    "interval": ("integer", "Seconds."),
    "invalidate_token": ("boolean", "Of no effect: the session ends."),
    "kind": ("string", "`future` or `any`: every contract here is one."),
    "label": ("string", "A word of the member's own for orders, at most 64 characters."),
    "length": ("string", "`8h`, `24h` or `1m`."),
    "linked_order_id": ("string", "The order that this one is linked to."),
    "linked_order_type": (
        "string",
        "`one_cancels_other`: the two cancel each other; `one_triggers_other`: this one waits"
        " until the other has traded and gone.",
    ),
    "max_show": ("number", "The same as `display_amount`."),
    "mmp": ("boolean", "Whether market-maker protection counts the order."),
    "mmp_group": ("string", "Of no effect: protection is of contracts."),
    "nonce": ("string", "A text that is used once."),
    "offset": ("integer", "How many to leave out."),
    "order_id": ("string", "The number of an order."),
    "post_only": ("boolean", "It never meets the book: it is moved behind it."),
    "price": ("number", "In dollars, on the tick; it may be negative where the contract allows."),
    "quantity_limit": ("number", "Lots that may trade in an interval."),
    "query": ("string", "Which entries: `trade`, `maker`, `taker`, `deposit`, ..."),
    "reduce_only": ("boolean", "It only reduces a position."),
    "refresh_token": ("string", "What came with the last token."),
    "reject_post_only": ("boolean", "With `post_only`: refused where it would meet the book."),
    "resolution": ("string", "Minutes of a candle, or `1D`."),
    "scope": ("string", "What the session may do; or `connection` or `account`."),
    "search_start_timestamp": ("integer", "The latest time, in milliseconds."),
    "signature": ("string", "HMAC-SHA256 or Ed25519, in hexadecimal."),
    "sorting": ("string", "`asc`, `desc` or `default`."),
    "start_seq": ("integer", "The first number of a trade."),
    "start_timestamp": ("integer", "The beginning of the time, in milliseconds, inclusive."),
    "state": ("string", "Of no effect."),
    "subaccount_id": ("integer", "Only the key's own account."),
    "time_in_force": (
        "string",
        "`good_til_cancelled`, `good_til_day`, `fill_or_kill` or `immediate_or_cancel`.",
    ),
    "timeout": ("integer", "Seconds until all orders are cancelled unless said again; 0 ends it."),
    "timestamp": ("integer", "When it was signed, in milliseconds."),
    "trigger": ("string", "`mark_price`, `index_price` or `last_price`."),
    "trigger_offset": ("number", "How far a trailing stop stays behind, in dollars."),
    "trigger_price": ("number", "The price that sets a stop or take order off."),
    "type": ("string", "Of an order: `limit`, `market`, `stop_limit`, ...; else which to tell."),
    "valid_until": ("integer", "Refused when it comes after this, in milliseconds."),
    "vega_limit": ("number", "Refused: protection here counts lots."),
    "with_continuation": ("boolean", "Give a page with its continuation, not a list."),
    "with_portfolio": ("boolean", "Tell its money too."),
}

_STORE = "include_old historical"
_TIMES = "start_timestamp end_timestamp"
_SEQUENCES = "start_seq end_seq"
_PAGE = "type count continuation search_start_timestamp"
_ORDER = (
    "type contracts price time_in_force post_only reject_post_only reduce_only mmp"
    " display_amount max_show trigger trigger_price trigger_offset linked_order_type"
    " linked_order_id label valid_until"
)
_CANCELS = "currency kind type detailed freeze_quotes valid_until"
_HISTORY = f"count offset continuation include_unfilled with_continuation {_STORE}"
_TRADES = f"sorting {_STORE} count"

METHODS: dict[str, Asked] = {
    # Signing in, and the connection itself.
    "public/auth": Asked(
        "Sign in by a signature, or go on by a refresh token.",
        "grant_type",
        "client_id timestamp nonce data signature refresh_token scope state",
    ),
    "public/hello": Asked("Say who asks.", "", "client_name client_version"),
    "public/test": Asked("Find out whether anybody answers.", "", "expected_result"),
    "public/get_time": Asked("Give the time of the server.", result="integer"),
    "public/status": Asked("Tell which indexes' contracts the operator has halted."),
    "public/set_heartbeat": Asked("Ask for a sign of life at times.", "interval", "", "string"),
    "public/disable_heartbeat": Asked("Ask for none.", result="string"),
    "public/subscribe": Asked("Listen to public channels.", "channels", "label", "array"),
    "private/subscribe": Asked("Listen to channels, one's own too.", "channels", "label", "array"),
    "public/unsubscribe": Asked("Listen to some no more.", "channels", "label", "array"),
    "private/unsubscribe": Asked("Listen to some no more.", "channels", "label", "array"),
    "public/unsubscribe_all": Asked("Listen to nothing.", result="string"),
    "private/unsubscribe_all": Asked("Listen to nothing.", result="string"),
    "private/logout": Asked("End the session and close.", "", "invalidate_token", "string"),
    "private/enable_cancel_on_disconnect": Asked(
        "Cancel this connection's orders when it ends, or the account's when its last one ends.",
        "",
        "scope",
        "string",
    ),
    "private/disable_cancel_on_disconnect": Asked("Keep orders then.", "", "scope", "string"),
    "private/get_cancel_on_disconnect": Asked("Tell which holds.", "", "scope"),
    "private/cancel_all_after": Asked(
        "Cancel all orders of the account unless this is said again in time. Ours.", "timeout"
    ),
    # Orders.
    "private/buy": Asked("Place an order to buy.", "instrument_name amount", _ORDER),
    "private/sell": Asked("Place an order to sell.", "instrument_name amount", _ORDER),
    "private/edit": Asked(
        "Change an order; it keeps its number.",
        "order_id",
        "amount contracts price trigger_price trigger_offset post_only reject_post_only"
        " reduce_only mmp valid_until",
    ),
    "private/cancel": Asked("Cancel an order.", "order_id", "valid_until"),
    "private/cancel_all": Asked("Cancel all orders.", "", _CANCELS, "integer"),
    "private/cancel_all_by_currency": Asked("Cancel all orders.", "", _CANCELS, "integer"),
    "private/cancel_all_by_kind_or_type": Asked("Cancel all orders.", "", _CANCELS, "integer"),
    "private/cancel_all_by_instrument": Asked(
        "Cancel all orders of a contract.",
        "instrument_name",
        "type detailed freeze_quotes valid_until",
        "integer",
    ),
    "private/cancel_by_label": Asked(
        "Cancel all orders of a label.", "label", "currency valid_until", "integer"
    ),
    "private/close_position": Asked(
        "Close a position by an order that can do no more than that.",
        "instrument_name type",
        "price",
    ),
    # The member's account.
    "private/get_account_summary": Asked(
        "Tell the account's money and margins.", "", "currency subaccount_id extended"
    ),
    "private/get_account_summaries": Asked(
        "Tell the same as a list.", "", "subaccount_id extended"
    ),
    "private/get_positions": Asked(
        "Tell the positions.", "", "currency kind subaccount_id", "array"
    ),
    "private/get_position": Asked("Tell one, also where nothing is held.", "instrument_name"),
    "private/get_margins": Asked("Tell what an order would need.", "instrument_name amount price"),
    "private/preview_order": Asked(
        "Tell what an order would cost, need and risk, were it sent now. Ours.",
        "direction instrument_name amount",
        _ORDER.removesuffix(" valid_until"),
    ),
    "private/get_open_orders": Asked(
        "Tell the orders that stand.", "", "currency kind type", "array"
    ),
    "private/get_open_orders_by_currency": Asked(
        "Tell the orders that stand.", "", "currency kind type", "array"
    ),
    "private/get_open_orders_by_instrument": Asked(
        "Tell those of a contract.", "instrument_name", "type", "array"
    ),
    "private/get_open_orders_by_label": Asked(
        "Tell those of a label.", "label", "currency kind type", "array"
    ),
    "private/get_order_state": Asked("Tell an order that stands or has ended.", "order_id"),
    "private/get_order_state_by_label": Asked(
        "Tell all orders of a label.", "label", "currency kind", "array"
    ),
    "private/get_order_history_by_currency": Asked(
        "Tell orders that have ended.", "currency", f"kind {_HISTORY}", "array"
    ),
    "private/get_order_history_by_instrument": Asked(
        "Tell those of a contract.", "instrument_name", _HISTORY, "array"
    ),
    "private/get_trigger_order_history": Asked(
        "Tell what became of waiting orders.",
        "currency",
        "kind instrument_name count continuation",
    ),
    "private/get_user_trades_by_instrument": Asked(
        "Tell the account's trades in a contract.",
        "instrument_name",
        f"{_TIMES} {_SEQUENCES} {_TRADES} subaccount_id",
    ),
    "private/get_user_trades_by_instrument_and_time": Asked(
        "The same.", "instrument_name", f"{_TIMES} {_SEQUENCES} {_TRADES} subaccount_id"
    ),
    "private/get_user_trades_by_currency": Asked(
        "Tell the account's trades.", "", f"currency kind {_TIMES} {_TRADES} subaccount_id"
    ),
    "private/get_user_trades_by_currency_and_time": Asked(
        "The same.", "", f"currency kind {_TIMES} {_TRADES} subaccount_id"
    ),
    "private/get_user_trades_by_order": Asked(
        "Tell the trades of an order.", "order_id", f"sorting {_STORE}", "array"
    ),
    "private/get_transaction_log": Asked(
        "Tell every movement of the account's money.",
        _TIMES,
        "currency count query continuation subaccount_id",
    ),
    "private/get_settlement_history_by_currency": Asked(
        "Tell what settlements brought.", "", f"currency {_PAGE}"
    ),
    "private/get_settlement_history_by_instrument": Asked(
        "Tell those of a contract.", "instrument_name", _PAGE
    ),
    "private/get_deposits": Asked("Tell what was paid in.", "", "currency count offset"),
    "private/get_withdrawals": Asked("Tell what was paid out.", "", "currency count offset"),
    "private/get_transfers": Asked("Tell what was transferred.", "", "currency count offset"),
    "private/get_subaccounts": Asked(
        "Tell the key's account: it has no others.", "", "with_portfolio", "array"
    ),
    # Market-maker protection.
    "private/set_mmp_config": Asked(
        "Set protection of a contract, or of each on an index.",
        "interval frozen_time",
        "instrument_name index_name mmp_group quantity_limit delta_limit vega_limit",
        "string",
    ),
    "private/get_mmp_config": Asked("Tell what is set.", "", "index_name", "array"),
    "private/reset_mmp": Asked(
        "Let protected orders in again: of a contract, or of each on an index.",
        "",
        "instrument_name index_name mmp_group",
        "string",
    ),
    # The market.
    "public/get_currencies": Asked("Tell the currencies.", result="array"),
    "public/get_instruments": Asked("Tell the instruments.", "", "currency kind expired", "array"),
    "public/get_instrument": Asked("Tell one.", "instrument_name"),
    "public/ticker": Asked("Tell prices, interest, funding, bands.", "instrument_name"),
    "public/get_order_book": Asked("Tell a book.", "instrument_name", "depth"),
    "public/get_order_book_by_instrument_id": Asked("Tell a book.", "instrument_id", "depth"),
    "public/get_book_summary_by_currency": Asked(
        "Tell the best prices of all contracts.", "currency", "kind", "array"
    ),
    "public/get_book_summary_by_instrument": Asked(
        "Tell those of one.", "instrument_name", "", "array"
    ),
    "public/get_index": Asked("Tell index prices.", "currency", "kind"),
    "public/get_index_price": Asked("Tell one.", "index_name"),
    "public/get_index_price_names": Asked("Tell the indexes.", "", "extended type", "array"),
    "public/get_supported_index_names": Asked("Tell the indexes.", "", "extended type", "array"),
    "public/get_contract_size": Asked("Tell the units of a lot.", "instrument_name"),
    "public/get_last_trades_by_instrument": Asked(
        "Tell trades of a contract.", "instrument_name", f"{_TIMES} {_SEQUENCES} {_TRADES}"
    ),
    "public/get_last_trades_by_instrument_and_time": Asked(
        "The same.", "instrument_name", f"{_TIMES} {_SEQUENCES} {_TRADES}"
    ),
    "public/get_last_trades_by_currency": Asked(
        "Tell trades.", "currency", f"kind {_TIMES} {_TRADES}"
    ),
    "public/get_last_trades_by_currency_and_time": Asked(
        "The same.", "currency", f"kind {_TIMES} {_TRADES}"
    ),
    "public/get_tradingview_chart_data": Asked(
        "Tell candles, as columns.", f"instrument_name {_TIMES} resolution"
    ),
    "public/get_funding_rate_history": Asked(
        "Tell each funding.", f"instrument_name {_TIMES}", "", "array"
    ),
    "public/get_funding_rate_value": Asked(
        "Tell what a long position paid, as a share of its worth.",
        f"instrument_name {_TIMES}",
        "",
        "number",
    ),
    "public/get_funding_chart_data": Asked("Tell the last fundings.", "instrument_name length"),
    "public/get_last_settlements_by_instrument": Asked(
        "Tell a contract's settlements.", "instrument_name", _PAGE
    ),
    "public/get_last_settlements_by_currency": Asked(
        "Tell settlements.", "currency", f"kind {_PAGE}"
    ),
    "public/get_delivery_prices": Asked(
        "Tell on what contracts of an index were delivered.", "index_name", "count offset"
    ),
    "public/get_announcements": Asked("Tell announcements.", "", "start_timestamp count", "array"),
    "public/get_trade_volumes": Asked("Tell what traded.", "", "extended", "array"),
}


def document(
    served: Mapping[str, Served],
    version: str,
    examples: Mapping[str, Sequence[Example]] | None = None,
) -> Object:
    """Write the OpenRPC document of the methods that are served."""
    return {
        "openrpc": OPENRPC,
        "info": {
            "title": "chiphour",
            "version": version,
            "description": "JSON-RPC 2.0 over HTTP and WebSocket, in the dialect of Deribit.",
            "license": {"name": "Apache-2.0"},
        },
        "servers": [
            {"name": "HTTP, GET and POST", "url": "/api/v2"},
            {"name": "WebSocket", "url": "/ws/api/v2"},
        ],
        "methods": [
            _method(name, served[name], (examples or {}).get(name, ())) for name in sorted(served)
        ],
    }


def _method(name: str, served: Served, examples: Iterable[Example]) -> Object:
    asked = METHODS[name]
    needed = asked.needed.split()
    said: Object = {
        "name": name,
        "summary": asked.summary,
        "paramStructure": "by-name",
        "params": [_param(param, param in needed) for param in asked.params],
        "result": {"name": "result", "schema": {"type": asked.result}},
        "x-scope": served.scope,
        "x-credits": served.cost,
    }
    shown = [_example(name, number, each) for number, each in enumerate(examples, 1)]
    return said | ({"examples": shown} if shown else {})


def _param(name: str, is_needed: bool) -> Object:
    kind, words = PARAMS[name]
    return {
        "name": name,
        "required": is_needed,
        "description": words,
        "schema": {"type": [kind, "string"] if kind in ("number", "integer") else kind},
    }


def _example(name: str, number: int, example: Example) -> Object:
    return {
        "name": f"{name} {number}",
        "params": [{"name": param, "value": value} for param, value in example.params.items()],
        "result": {"name": "result", "value": example.result},
    }
