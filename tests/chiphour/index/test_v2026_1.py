"""V2026_1: the methodology's guards, screen, grade, split and fitness, on small panels.

Takes   rate cards of a few venues around one strike.
Gives   a failure where a fixing is not what the text of the methodology says.
Keeps   every reason code reachable and told apart.
Source  docs/methodology/v2026_1.md.
"""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.index.fixing import Member
from chiphour.index.parameters import PLAIN
from chiphour.index.parameters import ROBUST
from chiphour.index.parameters import SETS
from chiphour.index.series import ALL_SERIES
from chiphour.index.series import BY_TICKER
from chiphour.index.v2026_1 import NOTES
from chiphour.index.v2026_1 import PARAMETERS
from chiphour.index.v2026_1 import PARAMETERS_SHA256
from chiphour.index.v2026_1 import REASONS
from chiphour.index.v2026_1 import RULES
from chiphour.index.v2026_1 import as_final
from chiphour.index.v2026_1 import book_statistics
from chiphour.index.v2026_1 import fit_for_settlement
from chiphour.index.v2026_1 import fix_all
from chiphour.index.v2026_1 import fix_one
from chiphour.index.v2026_1 import fix_sets
from chiphour.index.v2026_1 import grade_of
from chiphour.index.v2026_1 import ids_root
from chiphour.index.v2026_1 import inputs_unchanged
from chiphour.index.v2026_1 import split_of
from chiphour.observe.observation import observation_id
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import nanousd_from_text
from chiphour.units import strike_ns
from records import observation

DAY = strike_ns(date(2026, 7, 20))
H100 = BY_TICKER["CHR.H100.SXM.OD"]
TEXT = Path(__file__).resolve().parents[3] / "docs" / "methodology" / "v2026_1.md"
VENUES = ("coreweave", "crusoe", "jarvislabs", "lambda", "nebius", "ovh", "scaleway", "together")


def posted(venue, usd, strike=DAY, age_ns=NS_PER_HOUR, **fields):
    seen = {"venue": venue, "price_nanousd": nanousd_from_text(usd), "observed_ns": strike - age_ns}
    return observation(**seen | fields)


def cards(*prices, strike=DAY):
    return [posted(venue, usd, strike) for venue, usd in zip(VENUES, prices, strict=False)]


def fix(*prices, previous=None, strike=DAY):
    return fix_one(H100, cards(*prices, strike=strike), strike, previous)


def test_every_series_has_a_row_and_the_same_as_alone():
    rows = cards("3", "3.1", "3.2")
    fixings = fix_all(rows, DAY, {})
    assert [fixing.series for fixing in fixings] == [series.ticker for series in ALL_SERIES]
    assert fixings[H100.number - 1] == fix_one(H100, rows, DAY, None)
    assert {fixing.reason for fixing in fixings} == {"", "NO_DATA"}


def test_the_fix_is_rounded_once_half_even():
    assert fix("0.67020", "0.67020", "0.67030", "0.67030").fix_ticks == 6702
    assert fix("0.67030", "0.67030", "0.67040", "0.67040").fix_ticks == 6704


def test_no_data_is_what_nobody_saw_for_seven_days():
    rows = [posted("lambda", "3", age_ns=7 * NS_PER_DAY)]
    assert fix_one(H100, rows, DAY, None).reason == "STALE"
    assert fix_one(H100, rows, DAY + 1, None).reason == "NO_DATA"


def test_few_members_is_what_rows_without_a_panel_give():
    assert fix("3", "3.1").reason == "FEW_MEMBERS"
    only_references = [posted("aws", "3")]
    fixing = fix_one(H100, only_references, DAY, None)
    assert (fixing.reason, fixing.panel, len(fixing.rejections)) == ("FEW_MEMBERS", 0, 1)


@given(st.lists(st.integers(1, 50), min_size=4, max_size=8))
def test_the_screen_alone_leaves_three_members_and_half_of_the_panel(prices):
    """Half of a panel lies within one deviation, so FEW_AFTER_SCREEN waits for later rules."""
    fixing = fix(*map(str, prices))
    units = sum(rejection.rule == "UNIT" for rejection in fixing.rejections)
    assert fixing.panel == len(prices) - units
    if fixing.panel >= 3:
        assert fixing.kept >= max(3, fixing.panel // 2)
    assert fixing.reason == ("" if fixing.panel >= 3 else "FEW_MEMBERS")


def test_a_suppressed_series_says_nothing_else():
    fixing = fix("3", "3.1")
    assert fixing.state == "suppressed"
    assert fixing.grade == ""
    assert not fixing.fit
    nothing = (
        fixing.fix_ticks,
        fixing.interval_low_ticks,
        fixing.level_ppm,
        fixing.change_ticks,
        fixing.previous_strike_ns,
    )
    assert nothing == (None,) * 5
    assert [member.name for member in fixing.members] == ["coreweave", "crusoe"]


def test_three_members_are_not_screened():
    assert fix("1", "3", "9").kept == 3


def test_equal_rate_cards_do_not_reject_what_lies_within_the_floor():
    """The deviation is 0, its floor half a percent: 1.5 percent away stays, more goes."""
    assert fix("2", "2", "2", "2.03").kept == 4
    fixing = fix("2", "2", "2", "2.0301")
    assert fixing.kept == 3
    (rejection,) = fixing.rejections
    assert rejection == ("lambda", "SCREEN", "0.030100000", "0.030000000")


def test_grades_count_panel_members():
    assert [grade_of(count, count, False) for count in (3, 4, 5, 6, 7, 12)] == list("CCBBAA")
    assert grade_of(7, 3, False) == "B"
    assert grade_of(7, 4, False) == "A"
    assert grade_of(6, 2, False) == "C"
    assert grade_of(4, 1, False) == "C"
    assert grade_of(12, 12, True) == "C"


def test_a_marketplace_without_a_book_is_graded_c():
    venues = ("runpod", "salad", "sfcompute", "spheron", "tensordock", "thundercompute", "vast")
    rows = [posted(venue, "2", tenor="SPOT") for venue in venues]
    series = BY_TICKER["CHR.H100.SXM.SPOT"]
    assert fix_one(series, rows, DAY, None).grade == "C"
    book = [
        posted("vast", "2", age_ns=minutes * NS_PER_MINUTE, tenor="SPOT", feed="book")._replace(
            machine_key=f"m{machine}", host_key=f"h{machine}"
        )
        for machine in range(5)
        for minutes in (1, 2)
    ]
    fixing = fix_one(series, rows[:-1] + book, DAY, None)
    assert (fixing.grade, fixing.panel) == ("A", 7)


def test_the_first_fix_is_not_fit_and_the_second_is():
    first = fix("3", "3", "3.1", "3.2", "3.2")
    assert (first.grade, first.fit, first.change_ticks) == ("B", False, None)
    second = fix("3", "3", "3.1", "3.2", "3.2", previous=first, strike=DAY + NS_PER_DAY)
    assert (second.fit, second.change_ticks) == (True, 0)
    assert second.previous_strike_ns == DAY


def test_a_move_of_price_is_fit_and_one_of_composition_is_not():
    first = fix("3", "3", "3.1", "3.2", "3.2")
    dearer = fix("4", "4", "4.1", "4.2", "4.2", previous=first, strike=DAY + NS_PER_DAY)
    assert dearer.fit
    assert (dearer.change_ticks, dearer.matched_ticks) == (10_000, 10_000)
    others = [
        posted(venue, "4", DAY + NS_PER_DAY)
        for venue in ("digitalocean", "hotaisle", "latitude", "seeweb", "vultr")
    ]
    replaced = fix_one(H100, others, DAY + NS_PER_DAY, first)
    assert (replaced.change_ticks, replaced.matched_ticks) == (9_000, 0)
    assert replaced.composition_ticks == 9_000
    assert not replaced.fit


def member(name, rate, kept=True):
    return Member(name, (name,), rate * 100_000, 1, kept, 0, "")


def test_the_split_follows_its_definition():
    """P moves from 15 to 25; those of both days (a, b) from 15 to 16; the screen from 0 to -5."""
    before = [member("a", 10), member("b", 20)]
    now = [member("a", 11), member("b", 21), member("c", 29), member("d", 90, kept=False)]
    split = split_of(now, 21, before, 15)
    assert split == (6, 1, -4, 9)


def test_fitness_is_judged_against_the_previous_fix():
    move = split_of([member("a", 105)], 105, [member("b", 100)], 100)
    assert move.composition_ticks == 5
    assert fit_for_settlement("B", move, 100)
    assert not fit_for_settlement("C", move, 100)
    assert not fit_for_settlement("A", move._replace(screen_ticks=1), 100)


def test_the_final_row_is_the_same_a_day_later():
    provisional = fix("3", "3.1", "3.2")
    assert provisional.known_ns == DAY + 5 * NS_PER_MINUTE
    final = as_final(provisional)
    assert final == provisional._replace(vintage="final", known_ns=DAY + NS_PER_DAY)


def test_the_roots_name_every_considered_row_and_no_other():
    rows = [*cards("3", "3.1", "3.2"), posted("aws", "9")]
    fixing = fix_one(H100, rows, DAY, None)
    ids = sorted(observation_id(row) for row in rows)
    assert fixing.inputs_root == ids_root(ids)
    assert [(member.rows, member.rows_root) for member in fixing.members] == [
        (1, ids_root([observation_id(row)])) for row in rows[:-1]
    ]
    assert [rejection.what for rejection in fixing.rejections] == [observation_id(rows[-1])]
    same = fix_one(H100, [*rows, posted("ovh", "3", age_ns=2 * NS_PER_DAY)], DAY, None)
    assert same.inputs_root == fixing.inputs_root
    fewer = fix_one(H100, rows[:-1], DAY, None)
    assert fewer.inputs_root != fixing.inputs_root


def test_the_empty_root_is_that_of_no_bytes():
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert ids_root([]) == fix_one(H100, [], DAY, None).inputs_root == empty


def test_a_price_in_another_unit_leaves_with_its_rule():
    """Eight times the others, and an eighth of them; six times is the edge."""
    fixing = fix("3", "3", "3.1", "3.1", "24")
    assert [r for r in fixing.rejections if r.rule == "UNIT"] == [
        ("nebius", "UNIT", "24.000000000", "1/6 to 6 times 3.050000000")
    ]
    assert (fixing.panel, fixing.fix_ticks) == (4, 30_500)
    assert fix("3", "3", "3", "18").panel == 3
    assert fix("3", "3", "3", "17.9999").panel == 4
    assert fix("3", "3", "3", "0.5").panel == 3
    assert fix("3", "3", "3", "0.5001").panel == 4


def test_two_prices_in_another_unit_are_each_held_against_all_others():
    fixing = fix("3", "3", "3", "3", "3", "24", "24")
    assert [r.what for r in fixing.rejections] == ["ovh", "scaleway"]


def test_few_others_are_replaced_by_the_last_fix_of_the_week():
    first = fix("3", "3", "3")
    later = DAY + 7 * NS_PER_DAY
    fixing = fix("3", "3", "24", previous=first, strike=later)
    assert fixing.reason == "FEW_MEMBERS"
    assert fixing.rejections == (
        ("jarvislabs", "UNIT", "24.000000000", "1/6 to 6 times 3.000000000"),
    )
    assert fix("3", "3", "24", previous=first, strike=later + NS_PER_DAY).panel == 3
    assert fix("3", "3", "24").panel == 3


def test_a_member_far_from_the_last_fix_is_noted_and_stays():
    first = fix("3", "3", "3", "3")
    fixing = fix("3", "3", "3", "15.5", previous=first, strike=DAY + NS_PER_DAY)
    band = ("lambda", "BAND", "15.500000000", "1/5 to 5 times 3.000000000")
    assert [note for note in fixing.notes if note.rule == "BAND"] == [band]
    assert fixing.panel == 4


def test_a_venue_that_is_missing_is_noted():
    rows = [*cards("3", "3.1", "3.2"), posted("ovh", "3", age_ns=2 * NS_PER_DAY)]
    rows += [posted("aws", "3", age_ns=2 * NS_PER_DAY)]
    fixing = fix_one(H100, rows, DAY, None)
    assert fixing.notes == (("ovh", "OUTAGE", "2026-07-18T00:30:00Z", "a price in the window"),)


def test_of_four_venues_two_leave_and_the_fix_is_suppressed():
    first = fix("3", "3.1", "3.2", "3.3")
    before = cards("3", "3.1", "3.2", "3.3")
    two_days = DAY + 2 * NS_PER_DAY
    late = [posted(venue, "3", two_days) for venue in VENUES[:2]]
    gone = fix_one(H100, [*before, *late], two_days, first)
    assert (gone.reason, gone.panel) == ("FEW_MEMBERS", 2)
    assert [(note.what, note.rule) for note in gone.notes] == [
        ("jarvislabs", "OUTAGE"),
        ("lambda", "OUTAGE"),
    ]


def test_a_venue_that_doubles_its_listings_moves_nothing():
    once = cards("3", "3.1", "3.2", "3.3")
    twice = [row._replace(row="again") for row in once[:1]]
    assert fix_one(H100, once + twice, DAY, None).fix_ticks == 31_500


def test_the_sets_differ_in_their_screen_alone():
    """Of 2, 2.9, 3, 3.1, 4: the deviation is 0.1 raw; scaled, 3 times it reach 0.44478."""
    rows = cards("2", "2.9", "3", "3.1", "3.4")
    found = fix_sets(rows, DAY, {})
    kept = {name: fixings[H100.number - 1].kept for name, fixings in found.items()}
    assert kept == {"v2026_1": 3, "robust": 4, "plain": 5}
    for name, parameters in SETS.items():
        assert found[name] == fix_all(rows, DAY, {}, parameters=parameters)
    assert {f.parameter_set for f in found["robust"]} == {"robust"}


def test_a_set_is_split_against_its_own_past():
    first = fix_one(H100, cards("2", "2.9", "3", "3.1", "3.4"), DAY, None, parameters=PLAIN)
    later = DAY + NS_PER_DAY
    second = fix_one(
        H100, cards("2", "2.9", "3", "3.1", "3.4", strike=later), later, first, "", PLAIN
    )
    assert (second.change_ticks, second.screen_ticks) == (0, 0)
    assert second.parameters_sha256 != fix("3", "3", "3").parameters_sha256
    assert ROBUST.screen_scale_ppm == 1_482_600


def test_unchanged_inputs_are_known_without_fixing_again():
    rows = cards("3", "3.1", "3.2")
    fixings = fix_all(rows, DAY, {})
    assert inputs_unchanged(fixings, rows)
    assert not inputs_unchanged(fixings, [*rows, posted("ovh", "3")])
    assert not inputs_unchanged(fixings, [*rows, posted("ovh", "3", chip="T4", form="")])
    assert not inputs_unchanged(fixings[:-1], rows)
    assert not inputs_unchanged([fixings[0]._replace(parameters_sha256=""), *fixings[1:]], rows)
    assert not inputs_unchanged(fixings, [*rows, posted("ovh", "3", age_ns=2 * NS_PER_DAY)])


def test_off_strike_statistics_describe_a_book():
    rows = [
        posted("vast", str(machine), tenor="SPOT", feed="book", age_ns=NS_PER_MINUTE)._replace(
            machine_key=f"m{machine}", host_key="h"
        )
        for machine in (1, 2, 6)
    ]
    (book,) = book_statistics([*rows, *cards("3")], DAY)
    assert book == ("CHR.H100.SXM.SPOT", "vast", 1, 1, 3, 10_000, 20_000, 60_000, True)


def test_the_text_names_every_parameter_reason_and_rule():
    words = TEXT.read_text()
    named = (*PARAMETERS._fields, *REASONS, *RULES, *NOTES)
    assert [name for name in named if f"`{name}`" not in words] == []
    assert PARAMETERS_SHA256 in words


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_words(reason):
    assert REASONS[reason][0].islower()
