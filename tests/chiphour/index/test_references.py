"""TEST REFERENCES: other publishers' levels beside our fixes.

Takes   rows of kind "level".
Gives   claims on records, vintages, licences, differences.
Keeps   the publisher's own number.
Source  Decision 0021.
"""

import json

from chiphour.index.references import licence_of
from chiphour.index.references import reference_table
from chiphour.index.references import references_of
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from records import fixing
from records import observation

STRIKE_NS = fixing().strike_ns  # 2026-07-20T00:30Z.


def level(at_ns=STRIKE_NS + 9 * NS_PER_HOUR, price_nanousd=32 * 10**8, source="ccir", **fields):
    spec = {"chip_name": "CRI-H100"} | fields.pop("spec", {})
    made = observation(at_ns, source=source, venue=source, kind="level", flags=("COMPARISON",))
    return made._replace(price_nanousd=price_nanousd, spec=json.dumps(spec), **fields)


def test_a_level_is_kept_in_the_publishers_own_number():
    (found,) = references_of([level(), observation()])
    assert (found.publisher, found.name, found.series) == ("ccir", "CRI-H100", "CHR.H100.SXM.OD")
    assert (found.date, found.level, found.unit) == (
        "2026-07-20",
        "3.200000000",
        "USD per GPU-hour",
    )
    assert (found.licence, found.flags) == ("open", ())


def test_the_date_is_what_the_row_says_else_the_day_it_was_seen():
    stated = level(spec={"publication_date": "2026-07-18"})
    unclear = level(spec={"publication_date": "last week"})
    assert [each.date for each in references_of([stated, unclear])] == ["2026-07-18", "2026-07-20"]


def test_every_vintage_of_a_date_is_kept_and_a_row_given_twice_counts_once():
    first = level(spec={"publication_date": "2026-07-18"})
    second = level(STRIKE_NS + NS_PER_DAY, 33 * 10**8, spec={"publication_date": "2026-07-18"})
    found = references_of([second, first, first])
    assert [(each.date, each.level) for each in found] == [
        ("2026-07-18", "3.200000000"),
        ("2026-07-18", "3.300000000"),
    ]
    assert found[0].known_ns < found[1].known_ns


def test_a_level_stands_beside_our_fix_of_its_date():
    """Theirs 3.20, ours 3.17: 0.946 % above."""
    (found,) = reference_table([level()], [fixing(), fixing(strike_ns=STRIKE_NS + NS_PER_DAY)])
    assert (found.fix_ticks, found.difference_ppm) == (31_700, 9_464)


def test_the_fix_known_last_is_compared():
    revised = fixing(known_ns=fixing().known_ns + 1, fix_ticks=32_000)
    for order in ([fixing(), revised], [revised, fixing()]):
        (found,) = reference_table([level()], order)
        assert (found.fix_ticks, found.difference_ppm) == (32_000, 0)


def test_without_a_fix_of_ours_the_level_stands_alone():
    unknown = level(chip="V100")
    (found,) = reference_table([unknown], [fixing()])
    assert (found.series, found.fix_ticks, found.difference_ppm) == ("", None, None)
    (suppressed,) = reference_table([level()], [fixing(fix_ticks=None)])
    assert suppressed.difference_ppm is None


def test_sellers_that_an_index_covers_are_part_of_its_name():
    (found,) = references_of([level(source="silicondata", terms='{"kind":"neocloud"}')])
    assert (found.name, found.licence) == ("neocloud CRI-H100", "restricted")


def test_a_licence_is_open_only_where_the_publisher_says_so():
    assert licence_of("ccir") == "open"
    assert licence_of("eucri") == licence_of("nobody") == "restricted"
