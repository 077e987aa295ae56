"""SHAPES_MEMBERS: what is asked of members' money and keys, and what is answered, as JSON.

Takes   nothing.
Gives   msgspec structs: requests are read by them, strictly, and answers written.
Keeps   every text bounded, every field known. Amounts are decimal text in US dollars.
Source  Decision 0034.
"""

from typing import Annotated
from typing import Literal

import msgspec
from msgspec import Meta

TEXT_MAX = 64
LIST_MAX = 64
DAYS_MAX = 36_500


Shape = msgspec.Struct

Word = Annotated[str, Meta(min_length=1, max_length=TEXT_MAX)]
Scopes = Annotated[
    list[Literal["read", "trade", "withdraw", "bid"]],
    Meta(min_length=1, max_length=4, description="What the key may do."),
]
Contracts = Annotated[
    list[Word],
    Meta(max_length=LIST_MAX, description="Contracts that it may trade; none stands for all."),
]
Networks = Annotated[
    list[Word],
    Meta(max_length=LIST_MAX, description="Where it may come from; none stands for everywhere."),
]
Amount = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,13}(\.[0-9]{1,6})?$",
        max_length=20,
        description="US dollars, at most six decimals.",
        examples=["1250.50"],
    ),
]
Days = Annotated[
    Annotated[int, Meta(ge=1, le=DAYS_MAX)] | None,
    Meta(description="How long it is admitted; null: for good."),
]
Public = Annotated[
    Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{64}$")] | None,
    Meta(description="An Ed25519 key, in place of a secret of ours."),
]


class NewMember(Shape, forbid_unknown_fields=True):
    """Who joins, and what the first key may do."""

    name: Annotated[Word, Meta(description="Unique.", examples=["acme"])]
    deposit_usd: Annotated[Amount, Meta(description="US dollars to pay in.")] = "0"
    scopes: Scopes = msgspec.field(default_factory=lambda: ["read"])
    contracts: Contracts = msgspec.field(default_factory=list)
    networks: Networks = msgspec.field(default_factory=list)
    days: Days = None
    ed25519: Public = None
    sub_of: Annotated[Word | None, Meta(description="Whose sub-account; null: nobody's.")] = None


class NewKey(Shape, forbid_unknown_fields=True):
    """A further key of a member."""

    name: Annotated[Word, Meta(description="What you call it.", examples=["bot"])]
    scopes: Scopes = msgspec.field(default_factory=lambda: ["read"])
    contracts: Contracts = msgspec.field(default_factory=list)
    networks: Networks = msgspec.field(default_factory=list)
    days: Days = None
    ed25519: Public = None


class Money(Shape, forbid_unknown_fields=True):
    """How much."""

    amount_usd: Amount


class Transfer(Shape, forbid_unknown_fields=True):
    """How much, and to which of one's own accounts."""

    amount_usd: Amount
    to: Annotated[Word, Meta(description="Name of the account that receives.")]
    source: Annotated[
        Word | None, Meta(description="Name of the account that pays; null: that of the key.")
    ] = None


class Halt(Shape, forbid_unknown_fields=True):
    """What is still allowed."""

    mode: Annotated[
        Literal["normal", "reduce_only", "halted"], Meta(description="What orders are taken.")
    ]
    cancel_orders: Annotated[bool, Meta(description="Cancel all orders there too.")] = False


class Halted(Shape, forbid_unknown_fields=True):
    """What is allowed now."""

    of: Annotated[str, Meta(description="A contract, a member, or `all`.", examples=["all"])]
    mode: Annotated[str, Meta(description="As asked.", examples=["halted"])]
    cancel_orders: Annotated[bool, Meta(description="As asked.")]


class MemberRow(Shape, forbid_unknown_fields=True):
    """A member, or a sub-account."""

    name: Annotated[str, Meta(description="Unique.", examples=["acme"])]
    account: Annotated[int, Meta(description="Its number in the journal, drawn at random.")]
    label: Annotated[str, Meta(description="`member` or `demonstration`.", examples=["member"])]
    sub_of: Annotated[str | None, Meta(description="Whose sub-account it is; null: nobody's.")]


class MemberList(Shape, forbid_unknown_fields=True):
    """Members by name; `after` goes on where there are more."""

    members: Annotated[list[MemberRow], Meta(description="By name.")]
    after: Annotated[int | None, Meta(description="The cursor of the next page; null: no more.")]


class KeyRow(Shape, forbid_unknown_fields=True):
    """A key, without its secret. Empty lists stand for all."""

    id: Annotated[str, Meta(description="What a signature names.", examples=["1b24cc4a4661cc9d"])]
    name: Annotated[str, Meta(description="What it is called.", examples=["bot"])]
    account: Annotated[int, Meta(description="The account that it acts for.")]
    scopes: Annotated[list[str], Meta(description="`read`, `trade`, `withdraw`.")]
    contracts: Annotated[list[str], Meta(description="What it trades, or the first words.")]
    networks: Annotated[list[str], Meta(description="Where it may come from.")]
    algorithm: Annotated[str, Meta(description="Of signatures.", examples=["hmac-sha256"])]
    idempotent_labels: Annotated[bool, Meta(description="A label used before is the same order.")]
    created: Annotated[str, Meta(description="UTC.", examples=["2026-07-20T12:00:00Z"])]
    expires: Annotated[str | None, Meta(description="Until when; null: for good.")]
    revoked: Annotated[str | None, Meta(description="Since when; null: in force.")]


class KeyList(Shape, forbid_unknown_fields=True):
    """Keys, also those that were revoked, in the order in which they were made."""

    keys: Annotated[list[KeyRow], Meta(description="The oldest first.")]


class KeyMade(Shape, forbid_unknown_fields=True):
    """A new key. The secret is not shown again; null where it is yours alone."""

    key: Annotated[KeyRow, Meta(description="The key.")]
    secret: Annotated[str | None, Meta(description="What signs; shown this once.")]


class Joined(Shape, forbid_unknown_fields=True):
    """Who has joined. The secret is not shown again; null where it is yours alone."""

    member: Annotated[MemberRow, Meta(description="Who.")]
    cash_usd: Annotated[str, Meta(description="What was paid in.", examples=["1250.500000"])]
    key: Annotated[KeyRow, Meta(description="The first key.")]
    secret: Annotated[str | None, Meta(description="What signs; shown this once.")]


class Moved(Shape, forbid_unknown_fields=True):
    """Money that moved. A repeated Idempotency-Key gives the same again."""

    what: Annotated[str, Meta(description="`deposit`, `withdrawal`, `transfer`.")]
    member: Annotated[str, Meta(description="Whose account.", examples=["acme"])]
    to: Annotated[str | None, Meta(description="Which account received; null: no transfer.")]
    amount_usd: Annotated[str, Meta(description="How much.", examples=["2500.500000"])]
    cash_usd: Annotated[str, Meta(description="Of the account that paid, or was paid in, after.")]
    sequence: Annotated[int, Meta(description="Of the command in the journal.")]
    time: Annotated[str, Meta(description="Market time.", examples=["2026-07-20T12:00:00Z"])]


class AuditLine(Shape, forbid_unknown_fields=True):
    """A use of a key or of the operator's password, or a refusal."""

    time: Annotated[str, Meta(description="UTC.", examples=["2026-07-20T12:00:00.123456Z"])]
    key_id: Annotated[str, Meta(description="As it was said; empty: none.")]
    address: Annotated[str, Meta(description="Where it came from.", examples=["192.0.2.7"])]
    what: Annotated[str, Meta(description="What was asked.", examples=["GET /api/account"])]
    verdict: Annotated[str, Meta(description="`admitted`, or why not.", examples=["signature"])]


class Audit(Shape, forbid_unknown_fields=True):
    """The newest lines of the trail, oldest first."""

    lines: Annotated[list[AuditLine], Meta(description="Oldest first.")]


class HeldPosition(Shape, forbid_unknown_fields=True):
    """A position. Of a short one the lots are negative."""

    contract: Annotated[str, Meta(description="Name.", examples=["H100SXMOD_USDC-PERPETUAL"])]
    lots: Annotated[int, Meta(description="Bought, less sold.", examples=[-40])]
    open_buy_lots: Annotated[int, Meta(description="Of resting bids.")]
    open_sell_lots: Annotated[int, Meta(description="Of resting asks.")]
    entry_usd: Annotated[str, Meta(description="Average price.", examples=["3.201000"])]
    mark_usd: Annotated[str, Meta(description="Mark price.", examples=["3.200000"])]
    initial_margin_usd: Annotated[str, Meta(description="Of its worst lots, alone.")]


class Account(Shape, forbid_unknown_fields=True):
    """An account as it stands."""

    member: Annotated[MemberRow, Meta(description="Whose it is.")]
    time: Annotated[str, Meta(description="Market time.")]
    sequence: Annotated[int, Meta(description="Of the last command.")]
    cash_usd: Annotated[str, Meta(description="Cash.", examples=["9999.896000"])]
    equity_usd: Annotated[str, Meta(description="Cash, and what the positions are worth.")]
    initial_margin_usd: Annotated[str, Meta(description="That positions and orders need.")]
    maintenance_margin_usd: Annotated[str, Meta(description="Below it begins liquidation.")]
    free_usd: Annotated[str, Meta(description="What may be withdrawn.")]
    mode: Annotated[str, Meta(description="What the operator lets it do.", examples=["normal"])]
    in_liquidation: Annotated[bool, Meta(description="Whether it is being liquidated.")]
    fee_tier: Annotated[int, Meta(description="From 0.", examples=[0])]
    positions: Annotated[list[HeldPosition], Meta(description="By number of the contract.")]
    accounts: Annotated[list[MemberRow], Meta(description="All accounts of the member.")]


class StandingOrder(Shape, forbid_unknown_fields=True):
    """An order that rests in a book, or waits for its trigger."""

    order: Annotated[int, Meta(description="Its number.")]
    contract: Annotated[str, Meta(description="Name.", examples=["H100SXMOD_USDC-PERPETUAL"])]
    side: Annotated[str, Meta(description="`buy` or `sell`.", examples=["buy"])]
    type: Annotated[str, Meta(description="As the dialect has it.", examples=["limit"])]
    time_in_force: Annotated[str, Meta(description="As the dialect has it.")]
    lots: Annotated[int, Meta(description="All of it: filled, and left.", examples=[40])]
    filled_lots: Annotated[int, Meta(description="Of them, filled.", examples=[0])]
    price_usd: Annotated[str | None, Meta(description="Limit; null: at the market.")]
    trigger_usd: Annotated[
        str | None, Meta(description="Where it waits: a price, or how far behind; null: nowhere.")
    ]
    reduce_only: Annotated[bool, Meta(description="Whether it only reduces a position.")]
    created: Annotated[str, Meta(description="Market time.")]


class OwnFill(Shape, forbid_unknown_fields=True):
    """A trade of an account, as it was for it."""

    trade: Annotated[int, Meta(description="Of the contract's trades, counted from 1.")]
    order: Annotated[int, Meta(description="The account's order; 0: the exchange's own.")]
    contract: Annotated[str, Meta(description="Name.", examples=["H100SXMOD_USDC-PERPETUAL"])]
    side: Annotated[str, Meta(description="`buy` or `sell`.", examples=["buy"])]
    price_usd: Annotated[str, Meta(description="Price.", examples=["3.2010"])]
    lots: Annotated[int, Meta(description="Lots.", examples=[40])]
    fee_usd: Annotated[str, Meta(description="Paid; received: negative.")]
    role: Annotated[str, Meta(description="`maker` or `taker`.", examples=["taker"])]
    cause: Annotated[str, Meta(description="Why lots changed hands.", examples=["order"])]
    time: Annotated[str, Meta(description="Market time.")]


class Dealings(Shape, forbid_unknown_fields=True):
    """An account as it stands, the orders that stand, and its last trades."""

    account: Annotated[Account, Meta(description="Money, margins, positions.")]
    standing: Annotated[int, Meta(description="How many orders rest or wait.", examples=[2])]
    orders: Annotated[list[StandingOrder], Meta(description="The newest of them, newest first.")]
    fills: Annotated[list[OwnFill], Meta(description="The last trades, newest first.")]


class StatementLine(Shape, forbid_unknown_fields=True):
    """One movement of cash; null where a column does not belong to its kind."""

    sequence: Annotated[int, Meta(description="Of the command.")]
    time: Annotated[str, Meta(description="Market time.")]
    what: Annotated[str, Meta(description="Its kind.", examples=["fill"])]
    contract: Annotated[int | None, Meta(description="Number of the contract.")]
    side: Annotated[str | None, Meta(description="Of a fill: `buy` or `sell`.")]
    price_usd: Annotated[str | None, Meta(description="Of a fill.", examples=["3.2010"])]
    lots: Annotated[int | None, Meta(description="Lots that it is for.")]
    rate_ppm: Annotated[int | None, Meta(description="Of funding: per 8 h, of the index.")]
    period_s: Annotated[int | None, Meta(description="Of funding: for how long.")]
    mark_usd: Annotated[str | None, Meta(description="The mark that was used.")]
    index_usd: Annotated[str | None, Meta(description="The index that was used.")]
    amount_usd: Annotated[str, Meta(description="Received; paid: negative.")]
    balance_usd: Annotated[str, Meta(description="Cash after it.")]


class Statement(Shape, forbid_unknown_fields=True):
    """The cash of an account over some time: opening and amounts add up to the closing."""

    member: Annotated[MemberRow, Meta(description="Whose it is.")]
    since: Annotated[str | None, Meta(description="As asked; null: from the beginning.")]
    before: Annotated[str | None, Meta(description="As asked; null: to the end.")]
    opening_usd: Annotated[str, Meta(description="Cash before the first line.")]
    closing_usd: Annotated[str, Meta(description="Cash after the last line.")]
    lines: Annotated[list[StatementLine], Meta(description="In the order of the journal.")]


class ExchangeHealth(Shape, forbid_unknown_fields=True):
    """Whether the exchange takes commands, and how far it has come."""

    status: Annotated[str, Meta(description="`ok`.", examples=["ok"])]
    sequence: Annotated[int, Meta(description="Of the last command.")]
    time: Annotated[str, Meta(description="Market time of the last command.")]
