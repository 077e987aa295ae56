"""MARKETS: generated rows around two strikes, with all that the methodology looks at.

Takes   draws of hypothesis.
Gives   `markets`: a series, rows of two strikes some days apart; `parameter_sets`.
Keeps   good panels frequent: rules after the first are reached, and ties, limits and hosts of
        many machines are common.
Source  docs/methodology/v2026_1.md.
"""

from datetime import date
from typing import NamedTuple

from hypothesis import strategies as st

from chiphour.index.parameters import SETS
from chiphour.index.parameters import ParametersRefused
from chiphour.index.parameters import changed
from chiphour.index.series import BY_TICKER
from chiphour.index.series import Series
from chiphour.observe.observation import canonical_json
from chiphour.observe.register import REGISTER
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import PPM
from chiphour.units import strike_ns
from records import observation

BASE = (BY_TICKER["CHR.H100.SXM.SPOT"], BY_TICKER["CHR.H100.SXM.OD"])
NARROW = tuple(
    BY_TICKER[f"CHR.H100.SXM.{words}"]
    for words in ("SPOT.US", "OD.EU", "SPOT.IB", "SPOT.X8", "SPOT.FULL", "OD.FULL")
)
FIRST = strike_ns(date(2026, 7, 20))
ELIGIBLE = tuple(sorted(name for name, row in REGISTER.items() if row.role == "eligible"))
OWNERS = tuple({REGISTER[name].owner: name for name in ELIGIBLE}.values())
assert len(OWNERS) >= 12
assert REGISTER["datacrunch"].owner == REGISTER["verda"].owner

AGES_NS = (
    *(1, NS_PER_MINUTE, 9 * NS_PER_MINUTE, 10 * NS_PER_MINUTE, 10 * NS_PER_MINUTE + 1),
    *(3 * NS_PER_HOUR, NS_PER_DAY, NS_PER_DAY + 1, 3 * NS_PER_DAY, 8 * NS_PER_DAY),
)
# Polls of a book before its window: some at the very limits of what is carried.
PAST_NS = tuple(
    minutes * NS_PER_MINUTE + odd
    for minutes, odd in (
        *((11, 0), (60, 0), (180, 0), (300, 0), (371, 0), (420, 0), (600, 0), (780, 0), (1_020, 0)),
        *((1_380, 0), (1_440, -1), (1_440, 0), (1_500, 0), (1_800, 0), (2_400, 0), (2_820, 0)),
        *((2_879, 0), (2_880, 0), (2_880, 1), (2_940, 0)),
    )
)
# Few prices, so that rates are often equal; and any price, so that they are often not.
PRICES = st.sampled_from((10**9, 2 * 10**9, 2_030_000_000, 670_250_000)) | st.integers(1, 10**10)
HOSTS = (*"aaaaaabbc", "d", "e", "f", "")


class Market(NamedTuple):
    """A series, two strikes, rows around both."""

    series: Series
    strikes: tuple[int, int]
    rows: list


def row(venue, price_nanousd, strike, age_ns, **fields):
    """Give a row of a marketplace, so long before a strike."""
    seen = {"venue": venue, "price_nanousd": price_nanousd, "observed_ns": strike - age_ns}
    return observation(**{"tenor": "SPOT"} | seen | fields)


@st.composite
def specs(draw, asked=False):
    """Draw what a row says of its machine: nothing, all that is asked for, or a mixture."""
    numbers = st.sampled_from(("8", "16", "128", "127.9", "1.6e1", "1024", "131072", "x", "-1"))
    full = {"vcpus": "128", "memory_gb_host": "1024", "country": "US", "interconnect": "INFINIBAND"}
    words = {
        "country": st.sampled_from(("US", "US", "DE", "FR", "JP")),
        "area": st.sampled_from(("EU", "NA")),
        "interconnect": st.sampled_from(("INFINIBAND", "ETHERNET")),
        "vcpus": numbers,
        "cpu_cores_effective": numbers,
        "memory_gb_host": numbers,
        "cpu_ram": numbers,
        "verification": st.sampled_from(("verified", "verified", "unverified")),
        "reliability2": st.sampled_from(("0.99", "0.95", "0.9499999", "9.5e-1", "good")),
        "reliability": st.sampled_from(("0.99", "0.95", "0.5")),
    }
    said = draw(st.sampled_from((full,) if asked else ({}, {}, full)))
    said = said | draw(st.sampled_from(({}, {}, {"area": "EU"} if asked else {})))
    for name in draw(st.lists(st.sampled_from(sorted(words)), unique=True, max_size=3)):
        said = said | {name: draw(words[name])}
    return canonical_json(said)


@st.composite
def sound_rows(draw, strike, asked=False):
    """Draw one good rate card for each of 0 to 12 venues; sometimes one is wrong by its unit."""
    least = draw(st.sampled_from((0, 4, 7)))
    venues = draw(st.lists(st.sampled_from(ELIGIBLE), unique=True, min_size=least, max_size=12))
    said = draw(specs(asked))
    rows = []
    for name in venues:
        gpus, price = draw(st.just(8) if asked else st.integers(1, 8)), draw(PRICES)
        rows.append(row(name, price, strike, NS_PER_HOUR, gpus=gpus, spec=said))
    if rows and draw(st.booleans()):
        same = draw(PRICES)
        rows = [card._replace(price_nanousd=same * card.gpus) for card in rows]
        price = draw(st.sampled_from((same * 8, same // 8, same * 6, same * 5, same // 5, same)))
        rows[0] = rows[0]._replace(price_nanousd=max(price, 1) * rows[0].gpus)
    return rows


@st.composite
def book_rows(draw, strike, asked=False):
    """Draw a book that is often deep enough, on hosts of uneven size, and what was in it before."""
    venue = draw(st.sampled_from(("vast", "vast", "hyperbolic")))
    machines = draw(st.integers(0, 12))
    ages_ns = draw(st.lists(st.integers(1, 10), unique=True, max_size=3))
    ages_ns = [minutes * NS_PER_MINUTE for minutes in ages_ns]
    named = draw(st.sampled_from((True, True, False)))
    spread = draw(st.sampled_from((HOSTS, HOSTS[5:], HOSTS[-6:])))
    past_ns = draw(st.lists(st.sampled_from(PAST_NS), unique=True, max_size=8))
    said, rows = draw(specs(asked)), []
    for machine in range(machines):
        of = {
            "source": venue,
            "feed": "book",
            "kind": "ask",
            "machine_key": f"m{machine}",
            "host_key": draw(st.sampled_from(spread)) if named else "",
            "spec": said if draw(st.integers(0, 5)) else draw(specs()),
        }
        seen = ages_ns + draw(st.sampled_from(([], past_ns, past_ns[1:], past_ns[::2])))
        if draw(st.integers(0, 2)) == 0:
            seen = seen[len(ages_ns) :]  # Not in the window: it vanished, or never was.
        sizes = draw(st.sampled_from(((1,), (8,), (1, 2), (1, 4, 8))))
        rows += [
            row(venue, draw(PRICES), strike, age_ns, gpus=gpus, **of)
            for age_ns in seen
            for gpus in sizes
        ]
    return rows


@st.composite
def odd_rows(draw, strike):
    """Draw any other row: ineligible, old, of a second source or venue, without keys."""
    age_ns = draw(st.sampled_from(AGES_NS))
    venue = draw(st.sampled_from((*ELIGIBLE, "vast", "aws", "primeintellect", "nobody")))
    return row(
        venue,
        draw(PRICES | st.just(0)),
        strike,
        age_ns,
        source=draw(st.sampled_from(("snapshot", "other", venue))),
        feed=draw(st.sampled_from(("posted", "posted", "book"))),
        kind=draw(st.sampled_from(("list", "ask", "bid_floor", "stock"))),
        chip=draw(st.sampled_from(("H100", "H100", "T4"))),
        gpus=draw(st.integers(0, 8)),
        machine_key=draw(st.sampled_from(("", "m1", "m2"))),
        host_key=draw(st.sampled_from(("", "a", "b"))),
        spec=draw(specs()),
        flags=draw(st.sampled_from(((), (), ("CARRIED",), ("BID_FLOOR",), ("UNDATED",)))),
        received_ns=strike - age_ns + draw(st.sampled_from((0, 0, NS_PER_HOUR))),
    )


@st.composite
def markets(draw, narrow=True):
    """Draw a series and rows of two strikes; often the rate cards hardly move between them."""
    series = draw(st.sampled_from((*BASE, *BASE, *BASE, *NARROW) if narrow else BASE))
    days = draw(st.sampled_from((1, 1, 1, 2, 7, 8, 9)))
    strikes = (FIRST, FIRST + days * NS_PER_DAY)
    asked = series in NARROW
    cards = draw(sound_rows(strikes[0], asked))
    later = draw(sound_rows(strikes[1], asked))
    if draw(st.booleans()):
        day_ns = {"observed_ns": strikes[1] - NS_PER_HOUR, "received_ns": strikes[1] - NS_PER_HOUR}
        later = [card._replace(**day_ns) for card in cards] + later[:2]
    found = cards + later
    for strike in strikes:
        found += draw(book_rows(strike, asked)) + draw(st.lists(odd_rows(strike), max_size=6))
    return Market(series, strikes, [card._replace(tenor=series.tenor) for card in found])


@st.composite
def parameter_sets(draw):
    """Draw one of the sets of every day, or a set of its own with some numbers changed."""
    if draw(st.booleans()):
        return draw(st.sampled_from(tuple(SETS.values())))
    minutes, hours = (NS_PER_MINUTE, NS_PER_HOUR)
    share, hosts = draw(st.sampled_from(((200_000, 5), (200_000, 9), (340_000, 3), (PPM, 1))))
    may = {
        "close_ns": (0, 60 * minutes),
        "book_window_ns": (minutes, 30 * minutes, 24 * hours),
        "posted_limit_ns": (hours, 25 * hours, 7 * 24 * hours),
        "memory_ns": (48 * hours, 72 * hours),
        "book_polls_min": (1, 3),
        "book_hosts_min": (1, 2),
        "book_machines_min": (1, 8),
        "carry_ns": (0, 6 * hours, 30 * hours),
        "carry_stretch_ns": (hours, 12 * hours),
        "carry_span_min_ns": (0, hours, 10 * hours),
        "carry_presence_min_ppm": (0, 333_333, PPM),
        "roles": (["eligible", "reference", "aggregator"], []),
        "kinds": (["list"], ["ask", "bid_floor", "list"]),
        "harmless_flags": ([], ["BID_FLOOR"]),
        "verifications": (["unverified", "verified"], []),
        "reliability_min_ppm": (0, 990_000),
        "unit_multiple": (1, 2, 10),
        "unit_members_min": (1, 2, 6),
        "unit_fix_age_max_ns": (24 * hours, 10 * 24 * hours),
        "band_multiple": (1, 2),
        "members_min": (4, 5),
        "screened": (False,),
        "screen_members_min": (3, 6),
        "screen_multiple": (1, 2),
        "screen_scale_ppm": (1, 1_482_600),
        "screen_floor_ppm": (0, 100_000),
        "grade_members_min": ([["A", 5], ["B", 4], ["C", 3]],),
        "settlement_grades": (["C"],),
        "settlement_move_max_ppm": (0, 500_000),
        "interval_level_ppm": (500_000, 612_345, 750_000),
    }
    names = draw(st.lists(st.sampled_from(sorted(may)), unique=True, min_size=1, max_size=5))
    changes = {name: draw(st.sampled_from(may[name])) for name in names}
    try:
        return changed(changes | {"host_share_max_ppm": share, "capped_hosts_min": hosts})
    except ParametersRefused:
        return SETS["v2026_1"]
