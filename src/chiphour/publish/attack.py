"""ATTACK: what it would cost to move a fix, as programs and people read it.

Takes   the attack cost of a fix.
Gives   its published shape; a section of the page of the fix.
Keeps   "no purchase does it" apart from "it costs nothing".
Source  docs/methodology/attack-cost.md; decision 0023.
"""

from collections.abc import Sequence

from chiphour.index.attack import NO_PURCHASE
from chiphour.index.attack import AttackCost
from chiphour.index.attack import Capture
from chiphour.index.attack import Move
from chiphour.index.attack import Notional
from chiphour.index.attack import Rent
from chiphour.index.attack_capture import Shift
from chiphour.index.attack_capture import Silence
from chiphour.index.attack_listings import Listings
from chiphour.publish.columns import HASH
from chiphour.publish.columns import Shape
from chiphour.publish.columns import count
from chiphour.publish.columns import count_or_null
from chiphour.publish.columns import many
from chiphour.publish.columns import moment
from chiphour.publish.columns import one
from chiphour.publish.columns import rate
from chiphour.publish.columns import share
from chiphour.publish.columns import text
from chiphour.publish.columns import texts
from chiphour.publish.columns import truth
from chiphour.publish.columns import usd
from chiphour.publish.html import Child
from chiphour.publish.html import Html
from chiphour.publish.html import joined
from chiphour.publish.page import Cell
from chiphour.publish.page import group
from chiphour.publish.page import inside
from chiphour.publish.page import paragraph
from chiphour.publish.page import table
from chiphour.publish.words import DASH
from chiphour.publish.words import MINUS
from chiphour.publish.words import counted
from chiphour.publish.words import percent_words
from chiphour.publish.words import sentence
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import div_floor
from chiphour.units import text_from_nanousd

_RATES = ["3.735000000"]
SHIFT = Shape[Shift](
    "Shift",
    "A largest shift of the fix.",
    (
        share(
            "shift",
            "As a share of the fix, rounded away from 0.",
            "0.017351",
            lambda s: s.shift_ppm,
        ),
        truth("unbounded", "Whether the fix follows anywhere.", False, lambda s: s.unbounded),
        texts("by", "The owners that make it.", ["jarvislabs"], lambda s: s.by),
        texts("rates_usd", "At these rates; none where silent.", _RATES, lambda s: _rates(s)),
    ),
)
SILENCE = Shape[Silence](
    "Silence",
    "What is left when so many owners fall silent.",
    (
        text("grade", "Lowest grade of a fix; empty: none is left.", "C", lambda s: s.grade),
        count(
            "suppressed", "Sets of owners without which there is none.", 0, lambda s: s.suppressed
        ),
    ),
    (
        one("up", SHIFT, "Largest shift up.", lambda s: s.up),
        one("down", SHIFT, "Largest shift down.", lambda s: s.down),
    ),
)
CAPTURE = Shape[Capture](
    "Capture",
    "What so many owners can do to the fix.",
    (count("members", "So many.", 1, lambda c: c.members),),
    (
        one("up", SHIFT, "At whatever rates: largest shift up.", lambda c: c.up),
        one("down", SHIFT, "Largest shift down.", lambda c: c.down),
        one("silence", SILENCE, "When they are silent.", lambda c: c.silence),
    ),
)
RENT = Shape[Rent](
    "Rent",
    "The least purchase that was found to move the fix so far.",
    (
        rate("cost_usd", "What it costs.", "580.000000000", lambda r: r.cost_nanousd),
        count("machines", "Machines rented.", 61, lambda r: r.machines),
        count("gpus", "Their GPUs.", 100, lambda r: r.gpus),
        texts("venues", "Where.", ["vast"], lambda r: r.venues),
        share("shift", "By how much it really moves.", "0.010400", lambda r: r.shift_ppm),
        truth("least", "Whether every cheaper one was ruled out.", True, lambda r: r.least),
    ),
)
LISTINGS = Shape[Listings](
    "Listings",
    "False listings in one book that move the fix so far.",
    (
        text("venue", "The book.", "vast", lambda found: found.venue),
        count("listings", "How many.", 40, lambda found: found.listings),
        count_or_null("hosts", "Fewest hosts; null: none named.", 9, lambda found: found.hosts),
    ),
)
MOVE = Shape[Move](
    "Move",
    "What it takes to move the fix one way.",
    (
        text("reason", "Why no purchase does it; else empty.", "NO_BOOK", lambda m: m.reason),
        text("reason_text", "The reason in words.", "", lambda m: reason_words(m.reason)),
        rate(
            "hour_at_least_usd",
            "No purchase for an hour costs less; null: none does it.",
            "580.000000000",
            lambda m: m.hour_at_least_nanousd,
        ),
        rate(
            "carried_at_least_usd",
            "Nor for as long as carried.",
            "14500.000000000",
            lambda m: m.carried_at_least_nanousd,
        ),
    ),
    (
        one("hour", RENT, "Machines rented for one hour.", lambda m: m.hour),
        one("carried", RENT, "For as long as the rule would carry them.", lambda m: m.carried),
        one("listings", LISTINGS, "False listings; null: none suffice.", lambda m: m.listings),
    ),
)
NOTIONAL = Shape[Notional](
    "Notional",
    "Open positions up to which an attack costs more than it brings; null: no purchase does it.",
    (
        rate("hour_one_usd", "One hour; one fix.", "58000.000000000", lambda n: n.hour_one_nanousd),
        rate(
            "hour_average_usd",
            "Thirty fixes.",
            "1740000.000000000",
            lambda n: n.hour_average_nanousd,
        ),
        rate(
            "carried_one_usd",
            "Carried; one fix.",
            "1400000.000000000",
            lambda n: n.carried_one_nanousd,
        ),
        rate(
            "carried_average_usd",
            "Thirty.",
            "42000000.000000000",
            lambda n: n.carried_average_nanousd,
        ),
    ),
)
ATTACK = Shape[AttackCost](
    "AttackCost",
    "What it would cost to move a fix, and how far it could be moved.",
    (
        text("series", "Ticker.", "CHR.H100.SXM.SPOT", lambda a: a.series),
        moment("strike", "Its strike, UTC.", "2026-07-20T00:30:00Z", lambda a: a.strike_ns),
        text("parameter_set", "The rules attacked.", "v2026_1", lambda a: a.parameter_set),
        text("parameters_sha256", "Their SHA-256.", "", lambda a: a.parameters_sha256, HASH),
        usd("fix_usd", "The fix; null: none to move.", "3.1700", lambda a: a.fix_ticks),
        count("members", "Owners in the panel.", 6, lambda a: a.members),
        share("move", "The shift that is priced.", "0.010000", lambda a: a.move_ppm),
        count_or_null("breakdown", "Owners that move it without bound.", 3, lambda a: a.breakdown),
        text("most_heard", "Who moves it most; else empty.", "lambda", lambda a: a.most_heard),
        share("most_heard_share", "Its share of all.", "0.500000", lambda a: a.most_heard_ppm),
    ),
    (
        one("up", MOVE, "To move it up.", lambda a: a.up),
        one("down", MOVE, "To move it down.", lambda a: a.down),
        many("captured", CAPTURE, "By one, two and three owners.", lambda a: a.captured),
        one("notional", NOTIONAL, "What is safe to settle on it.", lambda a: a.notional),
    ),
)


def _rates(shift: Shift) -> list[str]:
    return [text_from_nanousd(each) for each in shift.rates_nanousd]


def reason_words(code: str) -> str:
    """Say why no purchase moves a fix; an unknown code stands for itself."""
    return sentence(NO_PURCHASE[code]) if code in NO_PURCHASE else code


def attack_section(attack: AttackCost) -> Html:
    """Give the section of a page: what a purchase costs, what captured or silent owners can do."""
    if attack.fix_ticks is None or attack.up is None or attack.down is None:
        return paragraph("There is no fix to move.")
    parts: list[Child] = [_purchases(attack.up, attack.down), _captured(attack.captured)]
    said = f"{counted(attack.breakdown or 0, 'owner')} together move it without bound"
    if attack.most_heard:
        heard = percent_words(attack.most_heard_ppm or 0)
        said += f"; {attack.most_heard} is heard most, with {heard} of all sensitivity"
    parts.append(paragraph(f"{said}."))
    if attack.notional is not None and attack.notional.hour_one_nanousd is not None:
        parts.append(_safe(attack.notional))
    return joined(parts)


def _purchases(up: Move, down: Move) -> Html:
    if up.reason == down.reason == "NO_BOOK":
        return paragraph(reason_words(up.reason))
    heads = [
        Cell("One per cent"),
        Cell("Renting for an hour", "n"),
        Cell("For as long as it is carried", "n"),
        Cell("False listings", "n"),
    ]
    rows = [_purchase("up", up), _purchase("down", down)]
    reasons = dict.fromkeys(move.reason for move in (up, down) if move.reason)
    said = "What it costs at least to move it so far; exact unless it says at least."
    caption = " ".join((said, *map(reason_words, reasons)))
    return inside("What a move costs", table(caption, heads, [group(rows)], "reflow compact"))


def _purchase(word: str, move: Move) -> list[Cell]:
    found = move.listings
    return [
        Cell(word, "lead"),
        Cell(_cost(move.hour, move.hour_at_least_nanousd), "n", "one hour"),
        Cell(_cost(move.carried, move.carried_at_least_nanousd), "n", "carried"),
        Cell(DASH if found is None else f"{found.listings} at {found.venue}", "n", "listings"),
    ]


def _cost(rent: Rent | None, at_least_nanousd: int | None) -> str:
    """Give what is known: the least, or a bound and the cheapest that was found."""
    if at_least_nanousd is None:
        return DASH
    bound = f"at least {_dollars(at_least_nanousd)}"
    if rent is None:
        return bound
    found = f"{_dollars(rent.cost_nanousd)} for {counted(rent.gpus, 'GPU')}"
    return found if rent.least else f"{bound}; found {found}"


def _captured(captured: Sequence[Capture]) -> Html:
    heads = [
        Cell("So many"),
        Cell("Captured, up", "n"),
        Cell("Captured, down", "n"),
        Cell("Silent, up", "n"),
        Cell("Silent, down", "n"),
        Cell("Grade then", "c"),
    ]
    rows = [
        [
            Cell(counted(one.members, "owner"), "lead"),
            Cell(_shift(one.up), "n", "captured up"),
            Cell(_shift(one.down), "n", "down"),
            Cell(_shift(one.silence.up), "n", "silent up"),
            Cell(_shift(one.silence.down), "n", "down"),
            Cell(one.silence.grade or DASH, "c", "grade then"),
        ]
        for one in captured
    ]
    caption = (
        "The largest shift that so many owners can make, at whatever rates they like or silent."
    )
    return inside("What owners can do", table(caption, heads, [group(rows)], "reflow compact"))


def _shift(shift: Shift | None) -> str:
    if shift is None:
        return DASH
    if shift.unbounded:
        return "any"
    sign = MINUS if shift.shift_ppm < 0 else "+" if shift.shift_ppm else ""
    return f"{sign}{percent_words(abs(shift.shift_ppm))}"


def _safe(notional: Notional) -> Html:
    one, average = notional.carried_one_nanousd, notional.carried_average_nanousd
    assert one is not None and average is not None
    return paragraph(
        f"Safe to settle on this one fix: {_dollars(one)}; on an average of thirty: "
        f"{_dollars(average)}."
    )


def _dollars(amount_nanousd: int) -> str:
    """Write an amount for people, in whole dollars, rounded down."""
    return f"${div_floor(amount_nanousd, NANOUSD_PER_USD):,}"
