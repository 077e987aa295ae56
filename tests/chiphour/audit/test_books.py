"""BOOKS: what stands, what is left out and what is said of a venue, in whole numbers.

Takes   rows of one series, through the window that counts them.
Gives   a failure where an owner has another rate, or a word is missing.
Keeps   rates written by hand.
Source  docs/methodology/v2026_1.md, "Eligibility", "Venue rate", "Members".
"""

from fractions import Fraction

from audited import TABLES
from audited import rows_of
from chiphour.audit.books import ids_root
from chiphour.audit.books import sorted_out
from chiphour.audit.books import tally_of
from chiphour.audit.groups import groups_of
from chiphour.audit.rows import batch_of
from chiphour.audit.rows import batches_at
from chiphour.audit.rows import seen_of
from chiphour.audit.rows import window_of
from chiphour.index.v2026_1 import ids_root as other_root
from chiphour.observe.observation import observation_id
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from records import observation

STRIKE = 1_784_507_400_000_000_000
V2026_1 = TABLES.parameters["v2026_1"]
USD = 10**9


def tally(observations, **changes):
    parameters = V2026_1 | changes
    window = window_of([batch_of(rows_of(observations))], STRIKE)
    batches = batches_at(window, "", parameters["close_ns"], None)
    seen = seen_of(TABLES.series["CHR.H100.SXM.OD"], batches, STRIKE, parameters)
    return tally_of(seen, STRIKE, TABLES.register, parameters)


def rate(found, owner):
    return Fraction(found.owners[owner].rate, found.denominator)


def card(venue, price_nanousd, age_ns=NS_PER_HOUR, **fields):
    times = {"observed_ns": STRIKE - age_ns, "received_ns": STRIKE - age_ns}
    return observation(**times | {"venue": venue, "price_nanousd": price_nanousd} | fields)


def offer(machine, host, price_nanousd, age_ns=NS_PER_MINUTE, **fields):
    of = {"source": "vast", "feed": "book", "kind": "ask", "machine_key": machine}
    return card("vast", price_nanousd, age_ns, **of | {"host_key": host} | fields)


def book(prices, hosts, ages=(1, 5)):
    return [
        offer(f"m{at}", host, price * USD, age * NS_PER_MINUTE)
        for at, (price, host) in enumerate(zip(prices, hosts, strict=True))
        for age in ages
    ]


def words(found, rule):
    return [(what, *rest) for what, of, *rest in sorted(found) if of == rule]


def test_a_card_has_the_middle_of_its_rows_exactly():
    found = tally([card("lambda", USD, gpus=3), card("lambda", 2 * USD, gpus=7)])
    assert rate(found, "lambda") == Fraction(USD, 2) * (Fraction(1, 3) + Fraction(2, 7))
    assert (found.owners["lambda"].venues, found.owners["lambda"].rows) == (["lambda"], 2)
    assert found.inputs == 2


def test_venues_of_an_owner_are_one_member_at_their_middle():
    found = tally([card("datacrunch", USD), card("verda", 2 * USD), card("verda", 4 * USD)])
    assert found.owners["verda"].venues == ["datacrunch", "verda"]
    assert rate(found, "verda") == 2 * USD


def test_the_first_test_that_fails_is_said():
    said = '{"reliability":"0.5","reliability2":"0.94","verification":"verified"}'
    rows = rows_of(
        [
            card("aws", 0),
            card("lambda", 0, kind="bid_floor"),
            card("lambda", 0, flags=("CARRIED", "ODD")),
            card("lambda", 0),
            offer("", "h", USD),
            offer("m", "h", USD, spec='{"reliability2":"0.1","verification":"deverified"}'),
            offer("m", "h", USD, spec=said),
            offer("m", "h", USD, spec='{"reliability":"good"}'),
            offer("m", "h", USD, spec='{"reliability":"0.95","verification":"verified"}'),
        ]
    )
    good, faults = sorted_out(groups_of(rows), TABLES.register, V2026_1)
    assert {venue: [group.ids for group in found] for venue, found in good.items()} == {
        "vast": [[rows[-1].id]]
    }
    places = {row.id: place for place, row in enumerate(rows)}
    faults.sort(key=lambda fault: places[fault[0]])
    assert [fault[1:] for fault in faults] == [
        ("ROLE", "reference", "eligible"),
        ("KIND", "bid_floor", "ask or list"),
        ("FLAG", "ODD", "none"),
        ("VALUE", "0/1", "above 0"),
        ("MACHINE", "none", "given"),
        ("QUALITY", "verification deverified", "verified"),
        ("QUALITY", "reliability 0.94", "0.950000"),
        ("QUALITY", "reliability good", "0.950000"),
    ]


def test_an_own_reader_displaces_and_a_book_displaces_its_card():
    own = book([2] * 5, "abcde")
    other = card("vast", 9 * USD, source="table")
    posted = card("vast", 9 * USD, source="vast")
    found = tally([*own, other, posted])
    assert rate(found, "vast") == 2 * USD
    assert sorted(fault for _, *fault in words(found.rejections, "DISPLACED")) == [
        ["table posted", "own reader"],
        ["vast posted", "book"],
    ]


def test_a_thin_book_is_no_venue_and_says_what_it_has():
    found = tally(book([2] * 4, "aabb"))
    assert found.owners == {}
    assert words(found.rejections, "THIN_BOOK") == [
        ("vast", "2 polls 2 hosts 4 machines", "2 polls 3 hosts 5 machines")
    ]


def test_a_book_without_hosts_is_not_capped_and_says_so():
    found = tally(book([1, 1, 1, 3, 3], [""] * 5))
    assert rate(found, "vast") == USD
    assert words(found.notes, "NO_HOST") == [("vast", "0 hosts named", "no cap")]
    thin = tally(book([1] * 4, [""] * 4))
    assert words(thin.rejections, "THIN_BOOK") == [
        ("vast", "2 polls 0 hosts 4 machines", "2 polls 0 hosts 5 machines")
    ]


def test_a_host_of_many_machines_counts_as_its_share():
    """Six machines of one host at 1 dollar weigh as one of five at 2 dollars."""
    found = tally(book([1] * 6 + [2] * 4, "aaaaaabcde"))
    assert rate(found, "vast") == 2 * USD
    assert words(found.notes, "CAPPED") == [
        ("vast", "6 of 10 machines of one host", "0.200000 of the weight")
    ]


def test_slices_then_polls_then_machines():
    """Slices at 1 and 3 in one poll, 5 in another: 2 and 5, so 3.5."""
    rows = [*book([9] * 2, "ab"), *book([0, 0, 1, 1], "abcd")[4:]]
    machine = [offer("m9", "e", USD), offer("m9", "e", 3 * USD, gpus=1, row="b")]
    machine += [offer("m9", "e", 5 * USD, 5 * NS_PER_MINUTE)]
    assert rate(tally([*rows, *machine]), "vast") == Fraction(7, 2) * USD


def history(machine, ages_hours, price=USD):
    return [
        offer(machine, "z", price, hours * NS_PER_HOUR + 11 * NS_PER_MINUTE) for hours in ages_hours
    ]


def carried(past, others=()):
    """Tell whether machine g, seen in the past, still counts; m0 to m4 are there now."""
    found = tally([*book([3] * 5, "abcde"), *history("g", past), *history("m0", others)])
    return words(found.notes, "VANISHED"), found.owners["vast"].rows


def test_a_steady_machine_that_vanished_is_carried():
    said = [("vast", "1 machines", "vanished under 24 hours ago")]
    assert carried([0, 3, 6]) == (said, 13)
    assert carried([0, 3]) == ([], 10)  # Three hours are too short.
    assert carried([0, 6], [1, 2]) == (said, 12)  # In half of four polls.
    assert carried([0, 6], [1, 2, 3]) == ([], 10)
    assert carried([23, 30]) == (said, 12)
    assert carried([24, 31]) == ([], 10)  # Gone for longer than a day.
    assert carried([0, 20, 30]) == (said, 12)  # Its stretch ends a day before its last sighting.


def test_a_venue_that_is_missing_is_noted_with_its_last_time():
    found = tally([card("lambda", USD, 30 * NS_PER_HOUR), card("aws", USD, 30 * NS_PER_HOUR)])
    assert found.owners == {}
    assert words(found.notes, "OUTAGE") == [
        ("lambda", "2026-07-18T18:30:00Z", "a price in the window")
    ]


def test_roots_are_over_sorted_ids_one_a_line():
    ids = [observation_id(card("lambda", price)) for price in (3, 1, 2)]
    assert ids_root(ids) == ids_root(ids[::-1]) == other_root(sorted(ids))
