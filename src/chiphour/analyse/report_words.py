"""REPORT_WORDS: the daily report in words of our own, from the answers and the verdicts alone.

Takes   the answers of the seven queries, the verdicts, the claims of the morning.
Gives   `draft_of`: a draft as a model would write one, the same for the same data.
Keeps   every number one of the answers, rounded half to even, with its unit; goods in their order.
Source  Decision 0043; the article of decision 0042, "Data orchestrator".
"""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Sequence
from fractions import Fraction

from chiphour.analyse.facts import days_of_data
from chiphour.analyse.goods import Good
from chiphour.analyse.questions import ALL
from chiphour.analyse.questions import Answers
from chiphour.analyse.questions import CurrentPrice
from chiphour.analyse.questions import PriceChange
from chiphour.analyse.report import TITLE_CHARACTERS_MAX
from chiphour.analyse.report import Claim
from chiphour.analyse.report import Draft
from chiphour.analyse.report import Statement
from chiphour.analyse.report import sections_expected
from chiphour.analyse.verdicts import Verdict
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import PPM
from chiphour.units import div_half_even
from chiphour.units import round_half_even

GOODS_SHOWN = 12  # In the snapshot: those with the most offers.
MOVERS_SHOWN = 5
MOVED_PPM = 500  # Less is 0.0 %.
REASONS_SHOWN = 8
NOTHING = "There is not enough data for a figure."
SIGNAL_WORDS = {
    "spread": "spread between venues",
    "variation": "variation",
    "tod_swing": "time-of-day swing",
    "supply": "supply",
}
COLOURS = ("green", "amber", "red", "not_enough_data")


def draft_of(answers: Answers, verdicts: Sequence[Verdict], claims: Sequence[Claim]) -> Draft:
    """Write the report of a morning; a section without data says so."""
    lead = lead_of(verdicts)
    middle = sections_expected(days_of_data(answers))[1]
    written = {
        "snapshot": _snapshot(answers),
        "movers": _movers(answers.changes),
        "baselines": _baselines(answers),
        "volatility": _volatility(answers, verdicts),
    }
    sections = [(kind, written[kind] or NOTHING) for kind in ("snapshot", middle, "volatility")]
    return Draft(
        lead_signal="No verdict could be given." if lead is None else lead.reason,
        title=_title(lead),
        summary=_summary(answers, verdicts),
        sections=tuple(sections),
        context=tuple(statement_of(claim) for claim in claims),
    )


def lead_of(verdicts: Sequence[Verdict]) -> Verdict | None:
    """Choose the most interesting verdict: a green one, of the spread rather than of the supply.

    Then a repaired rule's, then the one farthest above its threshold. Where none is measured the
    first one is it, with what it lacks; None where there is none.
    """
    measured = [each for each in verdicts if each.value is not None]
    if not measured:
        return verdicts[0] if verdicts else None

    def interest(verdict: Verdict) -> tuple[bool, int, bool, float]:
        place, is_repaired = list(SIGNAL_WORDS).index(verdict.signal), verdict.rule == "repaired"
        return verdict.colour == "green", -place, is_repaired, _beyond(verdict)

    return max(measured, key=interest)


def statement_of(claim: Claim) -> Statement:
    """Give a claim as a statement: what its page says, in the page's words."""
    return Statement(f"{claim.title}: \u201c{claim.quotation}\u201d", (claim.id,))


def dollars(amount_nanousd: int) -> str:
    """Write a price of an hour: cents, or a tenth of a cent below a dollar."""
    decimals = 2 if abs(amount_nanousd) >= NANOUSD_PER_USD else 3
    parts = div_half_even(abs(amount_nanousd) * 10**decimals, NANOUSD_PER_USD)
    whole, rest = divmod(parts, 10**decimals)
    return f"{'-' if amount_nanousd < 0 else ''}${whole}.{rest:0{decimals}}"


def percent(share_ppm: int) -> str:
    """Write a share with one decimal of a percent, without its sign."""
    tenths = round_half_even(Fraction(abs(share_ppm) * 1000, PPM))
    return f"{tenths // 10}.{tenths % 10} %"


def _title(lead: Verdict | None) -> str:
    if lead is None:
        return "No prices to judge"
    title = f"{lead.good.name}: {SIGNAL_WORDS[lead.signal]} {_colour(lead.colour)}"
    assert len(title) <= TITLE_CHARACTERS_MAX
    return title


def _colour(colour: str) -> str:
    return "cannot be judged yet" if colour == "not_enough_data" else f"is {colour}"


def _summary(answers: Answers, verdicts: Sequence[Verdict]) -> str:
    """Say how many verdicts there are of each colour."""
    counts = Counter[str](verdict.colour for verdict in verdicts)
    goods = {verdict.good for verdict in verdicts}
    found = [f"{counts[name]} {name.replace('_', ' ')}" for name in COLOURS if counts[name]]
    told = f"{len(verdicts)} verdicts: {', '.join(found)}. " if verdicts else ""
    return f"Chips with a price or a verdict: {len(goods)}. {told}Times are UTC."


def _snapshot(answers: Answers) -> str:
    """Say what each good costs now, those with the most offers first."""
    by_good: dict[Good, list[CurrentPrice]] = {}
    for price in answers.prices:
        by_good.setdefault(price.good, []).append(price)
    ranked = sorted(by_good.items(), key=lambda each: (-_offers(each[1]), each[0]))
    return "\n".join(_offered(good, prices) for good, prices in ranked[:GOODS_SHOWN])


def _offers(prices: Iterable[CurrentPrice]) -> int:
    return sum(price.offers for price in prices)


def _offered(good: Good, prices: Sequence[CurrentPrice]) -> str:
    floor = min(prices, key=lambda price: (price.floor_nanousd, price.venue))
    top = max(prices, key=lambda price: (price.ceiling_nanousd, price.venue))
    return (
        f"{good.name}: from {dollars(floor.floor_nanousd)} an hour at {floor.venue}. "
        f"At most {dollars(top.ceiling_nanousd)}, at {top.venue}."
    )


def _movers(changes: Sequence[PriceChange]) -> str:
    """Say which goods moved most over the day, all venues together."""
    moved = [
        change
        for change in changes
        if change.venue == ALL and abs(change.day_change_ppm or 0) >= MOVED_PPM
    ]
    moved.sort(key=lambda change: (-abs(change.day_change_ppm or 0), change.good, change.tenor))
    if not moved:
        known = any(change.day_change_ppm is not None for change in changes)
        return "No price moved in 24 hours." if known else ""
    return "\n".join(map(_moved, moved[:MOVERS_SHOWN]))


def _moved(change: PriceChange) -> str:
    assert change.day_change_ppm is not None
    way = "up" if change.day_change_ppm > 0 else "down"
    week = ""
    if abs(change.week_change_ppm or 0) >= MOVED_PPM:
        assert change.week_change_ppm is not None
        over = "up" if change.week_change_ppm > 0 else "down"
        week = f" Over 7 days {over} {percent(change.week_change_ppm)}."
    return (
        f"{change.good.name} ({change.tenor}): {way} {percent(change.day_change_ppm)} in 24 hours, "
        f"to {dollars(change.now_nanousd)}.{week}"
    )


def _baselines(answers: Answers) -> str:
    """Say where prices stand, for later days to be compared with."""
    lines = [
        f"{each.good.name}: mean {dollars(each.mean_nanousd)} over {each.samples} samples."
        for each in answers.volatility
        if each.mean_nanousd is not None
    ]
    return "\n".join(lines[:GOODS_SHOWN])


def _volatility(answers: Answers, verdicts: Sequence[Verdict]) -> str:
    """Give the reasons of the verdicts that say most: green, then amber, then red."""
    rank = {name: place for place, name in enumerate(COLOURS)}
    told = [each for each in verdicts if each.colour != "not_enough_data"]
    told.sort(key=lambda each: (rank[each.colour], each.rule != "repaired", -_beyond(each)))
    lines = [each.reason for each in told[:REASONS_SHOWN]]
    waiting = sum(each.colour == "not_enough_data" for each in verdicts)
    if waiting:
        lines.append(f"Verdicts that need more data: {waiting}.")
    return "\n".join(lines)


def _beyond(verdict: Verdict) -> float:
    """Give how many times its threshold a measured verdict is."""
    assert verdict.value is not None
    return verdict.value / verdict.green_above
