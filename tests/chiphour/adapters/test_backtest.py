"""TEST BACKTEST: other parameters over all recorded days, beside those in force.

Takes   a small archive of rate cards; files of changed numbers, good and bad.
Gives   a failure where a figure is wrong, or where anything was kept.
Keeps   the side in force equal to what `fix` keeps.
Source  Decision 0017.
"""

import json
from fractions import Fraction

import pytest

from carded import DAYS
from carded import H100
from carded import card
from carded import filled
from carded import keep
from chiphour.adapters.backtest import Pair
from chiphour.adapters.backtest import backtest
from chiphour.adapters.backtest import parameters_in
from chiphour.adapters.backtest import tally
from chiphour.adapters.fixings import NothingRecorded
from chiphour.adapters.fixings import fix_range
from chiphour.index.parameters import ParametersRefused
from chiphour.index.parameters import changed
from chiphour.index.series import ALL_SERIES
from records import fixing

WIDE = changed({"screen_multiple": 1_000})


@pytest.fixture
def archive(tmp_path):
    opened = filled(tmp_path)
    keep(opened, DAYS[1], [card(DAYS[1], "together", 4 * 10**9, "other")])
    yield opened
    opened.close()


def pair(ours, theirs, series=H100):
    sides = (
        fixing(series=series, fix_ticks=ticks, state="fixed" if ticks else "suppressed")
        for ticks in (ours, theirs)
    )
    return Pair(*sides)


def test_both_sides_are_fixed_against_their_own_past_and_nothing_is_kept(archive):
    before = archive.count()
    seen = []
    found = backtest(archive, WIDE, progress=lambda *of: seen.append(of))
    assert archive.count() == before
    assert seen[-1] == (len(DAYS), len(DAYS))
    assert len(found) == len(DAYS) * len(ALL_SERIES)
    kept = fix_range(archive, DAYS[0], DAYS[-1])
    assert [p.ours.fix_ticks for p in found] == [f.fix_ticks for f in kept]
    differing = [p for p in found if p.differs]
    (one,) = differing
    assert (one.ours.series, one.ours.fix_ticks, one.theirs.fix_ticks) == (H100, 30_300, 30_350)
    assert (one.ours.parameter_set, one.theirs.parameter_set) == ("v2026_1", "custom")
    after = found[found.index(one) + len(ALL_SERIES)]
    assert after.theirs.fix_ticks - after.theirs.change_ticks == 30_350
    assert after.ours.fix_ticks - after.ours.change_ticks == 30_300


def test_days_may_be_asked_for_and_start_the_same(archive):
    whole = backtest(archive, WIDE)
    some = backtest(archive, WIDE, DAYS[1], DAYS[2])
    assert some == whole[len(ALL_SERIES) : 3 * len(ALL_SERIES)]
    assert backtest(archive, WIDE, DAYS[1]) == some[: len(ALL_SERIES)]
    with pytest.raises(NothingRecorded, match="from 2026-07-01 to 2026-07-10"):
        backtest(archive, WIDE, DAYS[1].replace(day=20))


def test_differences_are_summed_where_both_sides_fix():
    pairs = [pair(10_000, 10_100), pair(10_000, 9_700), pair(10_000, None), pair(None, None)]
    found = tally(H100, [*pairs, pair(1, 2, "CHR.L4.OD")])
    assert (found.fixed_ours, found.fixed_theirs, found.differing) == (3, 2, 3)
    assert (found.mean_ticks, found.largest_ticks) == (200, 300)
    assert (found.mean_ppm, found.largest_ppm) == (20_000, 30_000)
    assert tally(H100, []).mean_ticks is None
    assert tally(H100, [pair(3, 4), pair(3, 3)]).mean_ticks == Fraction(1, 2)
    assert pair(30_000, 29_999).difference_ppm == -33


def test_changed_numbers_are_read_from_a_file(tmp_path):
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"screen_multiple": 1_000}))
    assert parameters_in(path) == WIDE


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "expected a file of parameters, found No such file"),
        ("{", "expected JSON, found "),
        ("[" * 100_000, "expected JSON, found "),
        ("[]", "expected a JSON object, found list"),
        ('{"surprise": 1}', "expected some of close_ns"),
        ('{"screen_multiple": 2.5}', "screen_multiple: expected a whole number"),
        ("\xff", "expected JSON"),
    ],
)
def test_a_file_that_changes_nothing_sound_is_refused_in_one_line(tmp_path, text, told):
    path = tmp_path / "p.json"
    if text is not None:
        path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ParametersRefused, match=told) as refused:
        parameters_in(path)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)
