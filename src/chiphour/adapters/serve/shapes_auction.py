"""SHAPES_AUCTION: what is asked of the auction, and what is answered, as JSON.

Takes   nothing.
Gives   msgspec structs: requests are read by them, strictly, and answers written.
Keeps   every text bounded. Bids and terms are read once more, field by field, by the auction
        itself; their shapes are `chiphour auction schema`. Amounts are decimal text in US dollars.
Source  docs/formulation/auction.md, section 2; docs/formulation/runs.md; decision 0039.
"""

from typing import Annotated
from typing import Any
from typing import Literal

import msgspec
from msgspec import Meta

Shape = msgspec.Struct
Fields = dict[str, Any]
Time = Annotated[str, Meta(max_length=40, examples=["2026-12-01T00:00:00Z"])]
Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
RUN_MOST = (1 << 62) - 1
COUNTS_MOST = 4_096


class RunTerms(Shape, forbid_unknown_fields=True):
    """A run as its operator announces it."""

    settings: Annotated[Fields, Meta(description="The run file, its bids reserve curves alone.")]
    opens: Annotated[Time, Meta(description="From when bids are taken.")]
    closes: Annotated[Time, Meta(description="From when none is.")]
    discloses: Annotated[Time, Meta(description="When all bids are published.")]
    delivers: Annotated[bool, Meta(description="Whether its hours are delivered after it.")] = True
    rules: Annotated[Fields | None, Meta(description="Rules of settlement; null: ours.")] = None
    guards: Annotated[Fields | None, Meta(description="Guard rails; null: the cap alone.")] = None
    scarcity: Annotated[
        Annotated[list[Fields], Meta(max_length=64)] | None,
        Meta(description="Reserve curves, each from how far reserve fell short; null: none."),
    ] = None


class Validation(Shape, forbid_unknown_fields=True):
    """A bid to be looked at."""

    run: Annotated[int, Meta(ge=1, le=RUN_MOST, description="The run that it is for.")]
    bid: Annotated[Fields, Meta(description="The bid.")]


class Nothing(Shape, forbid_unknown_fields=True):
    """A request that says all by its address."""


class Count(Shape, forbid_unknown_fields=True):
    """So many chips for so many seconds."""

    chips: Annotated[int, Meta(ge=0, le=1 << 24, description="How many chips.")]
    seconds: Annotated[int, Meta(ge=1, le=1 << 31, description="For how many seconds.")]


class Reading(Shape, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Chips that served an obligation, second by second, signed by a meter."""

    schema: Annotated[Literal["chiphour.meter.reading/1"], Meta(description="Its form.")]
    account: Annotated[int, Meta(ge=1, lt=1 << 31, description="The number of the account.")]
    obligation: Annotated[Hash, Meta(description="The hash of the obligation.")]
    from_: Annotated[Time, Meta(description="The first second.")]
    counts: Annotated[
        list[Count],
        Meta(
            min_length=1,
            max_length=COUNTS_MOST,
            description="Chips and seconds, one after another.",
        ),
    ]
    units: Annotated[Annotated[str, Meta(max_length=40)] | None, Meta(description="The work done.")]
    signature: Annotated[str, Meta(pattern=r"^[0-9a-f]{128}$", description="Ed25519.")]


class Meter(Shape, forbid_unknown_fields=True):
    """The public key with which an account's readings are signed."""

    ed25519: Annotated[Hash, Meta(description="32 bytes in hexadecimal.")]


class Taken(Shape):
    """What became of a bid: `hash` is that of the bid in the run, null once it is withdrawn."""

    run: Annotated[int, Meta(description="The number of the run.")]
    bid: Annotated[str, Meta(description="Your id of the bid.")]
    time: Annotated[str, Meta(description="When it was taken.")]
    hash: Annotated[str | None, Meta(description="The SHA-256 by which the run knows it.")]
    reserved_usd: Annotated[str, Meta(description="US dollars that must be behind it.")]


class Valid(Shape):
    """A bid that would be taken, and what must be behind it."""

    run: Annotated[int, Meta(description="The number of the run.")]
    hash: Annotated[str, Meta(description="The SHA-256 by which the run knows it.")]
    reserved_usd: Annotated[str, Meta(description="US dollars that must be behind it.")]


class RunRow(Shape):
    """A run, as everybody may see it."""

    run: Annotated[int, Meta(description="The number of the run.")]
    kind: Annotated[str, Meta(description="How far ahead it is.")]
    pricing: Annotated[str, Meta(description="By which rule prices are found.")]
    state: Annotated[str, Meta(description="Where it stands.")]
    opens: Annotated[str, Meta(description="From when bids are taken.")]
    closes: Annotated[str, Meta(description="From when none is.")]
    discloses: Annotated[str, Meta(description="When all bids are published.")]
    delivers: Annotated[bool, Meta(description="Whether its hours are delivered after it.")]
    delivery_from: Annotated[str, Meta(description="When the first interval begins.")]
    step_minutes: Annotated[int, Meta(description="The length of an interval.")]
    intervals: Annotated[int, Meta(description="How many there are.")]
    products: Annotated[list[str], Meta(description="What is traded.")]
    commitment: Annotated[str | None, Meta(description="The hash of what was sealed, or null.")]
    final: Annotated[str | None, Meta(description="From when it is not corrected, or null.")]


class RunList(Shape):
    """Runs, the newest first; `before` begins the next page, or is null."""

    runs: Annotated[list[RunRow], Meta(description="The runs.")]
    before: Annotated[int | None, Meta(description="The next page is before it, or null.")]
    time: Annotated[str, Meta(description="Market time.")]


class OwnBid(Shape):
    """A bid of yours that stands."""

    bid: Annotated[str, Meta(description="Your id of the bid.")]
    id_in_run: Annotated[str, Meta(description="Its id once it is disclosed.")]
    time: Annotated[str, Meta(description="When it was taken.")]
    hash: Annotated[str, Meta(description="The SHA-256 by which the run knows it.")]
    reserved_usd: Annotated[str, Meta(description="US dollars that must be behind it.")]
    left_out: Annotated[str | None, Meta(description="What was left out, or why.")]
    body: Annotated[Fields, Meta(description="The bid as you sent it.")]


class Owed(Shape):
    """An obligation of yours, with the hash by which readings name it, and its case's state."""

    hash: Annotated[str, Meta(description="The SHA-256 by which the run knows it.")]
    state: Annotated[str, Meta(description="Where it stands.")]
    obligation: Annotated[Fields, Meta(description="What is owed, or its hash.")]


class Own(Shape):
    """What is yours in a run."""

    account: Annotated[int, Meta(description="The number of the account.")]
    collateral_usd: Annotated[str, Meta(description="US dollars of yours that this run holds.")]
    bids: Annotated[list[OwnBid], Meta(description="Your bids that stand.")]
    awards: Annotated[list[Fields], Meta(description="What you were awarded.")]
    obligations: Annotated[list[Owed], Meta(description="What you owe, or are owed.")]


class RunView(Shape):
    """A run with its terms; its outcome once it is cleared; what is yours, if you have signed."""

    row: Annotated[RunRow, Meta(description="The run as everybody sees it.")]
    settings: Annotated[Fields, Meta(description="What is traded, as a run file has it.")]
    rules: Annotated[Fields, Meta(description="The rules of settlement.")]
    guards: Annotated[Fields | None, Meta(description="The guard rails, or null.")]
    summary: Annotated[Fields | None, Meta(description="What came of it, or null.")]
    own: Annotated[Own | None, Meta(description="What is yours; null where nobody signed.")]
    time: Annotated[str, Meta(description="Market time.")]


class Cleared(Shape):
    """A run after a step of the operator."""

    row: Annotated[RunRow, Meta(description="The run as everybody sees it.")]
    summary: Annotated[Fields | None, Meta(description="What came of it, or null.")]


class Explained(Shape):
    """Why a bid won or lost, in sentences."""

    run: Annotated[int, Meta(description="The number of the run.")]
    bid: Annotated[str, Meta(description="Your id of the bid.")]
    sentences: Annotated[list[str], Meta(description="Why, one after another.")]


class CaseState(Shape):
    """A case after a reading."""

    obligation: Annotated[str, Meta(description="What is owed, or its hash.")]
    state: Annotated[str, Meta(description="Where it stands.")]
    readings: Annotated[int, Meta(description="How many there are.")]


class Receipt(Shape):
    """A receipt, and what it can be worked out from: the case with its readings, the keys."""

    obligation: Annotated[str, Meta(description="What is owed, or its hash.")]
    receipt: Annotated[Fields, Meta(description="The receipt.")]
    case: Annotated[Fields, Meta(description="All readings of it.")]
    keys: Annotated[dict[str, str], Meta(description="The meters' public keys, by account.")]


class ReceiptList(Shape):
    """The receipts of a run."""

    receipts: Annotated[list[Receipt], Meta(description="The receipts.")]


class Proof(Shape):
    """The disclosed files hold against the commitment; which sealed bids were left out, and why."""

    commitment: Annotated[str, Meta(description="The hash of what was sealed, or null.")]
    root: Annotated[str, Meta(description="The hash of the run as it was cleared.")]
    left_out: Annotated[list[str], Meta(description="What was left out, or why.")]


class MeterSet(Shape):
    """The meter of an account."""

    account: Annotated[int, Meta(description="The number of the account.")]
    ed25519: Annotated[str, Meta(description="32 bytes in hexadecimal.")]
