"""TEST QUESTIONS: the seven questions on small archives, with the bad inputs that come.

Takes   a few rows of a few venues.
Gives   claims on what counts, on what is refused, on what is not enough data.
Keeps   what is expected written down, not computed, but where the plain script computes it.
Source  Decision 0042.
"""

import math
import tempfile

import pytest

from asking import archive_of
from asking import ask
from asking import asking
from asking import hour
from asking import plainly
from asking import price
from asking import stock
from chiphour.adapters.export import export_parquet
from chiphour.adapters.questions import Questions
from chiphour.adapters.questions import TimeUnknown
from chiphour.analyse.goods import Good
from chiphour.analyse.goods import GoodUnknown
from chiphour.units import NS_PER_DAY

H100 = Good("H100", "SXM")
QUESTIONS = (
    "get_current_prices",
    "get_price_changes",
    "get_cross_deltas",
    "get_supply_metrics",
    "get_volatility",
    "get_tod_patterns",
    "get_price_floor_series",
)


def test_two_snapshots_only_give_the_stated_figure_and_no_repaired_one(tmp_path):
    rows = [price("lambda", hour(0), 2), price("lambda", hour(1), 4)]
    questions = asking(tmp_path, rows)
    (found,) = questions.get_volatility(hour(2), H100)
    assert (found.samples, found.mean_nanousd) == (2, 3 * 10**9)
    assert found.sd_usd == round(math.sqrt(2), 6)
    assert found.log_variation is None
    needed = {(one.found, one.needed) for one in found.lacking}
    assert needed == {(0, 28), (0, 14)}


def test_one_snapshot_has_no_deviation(tmp_path):
    (found,) = asking(tmp_path, [price("lambda", hour(0), 2)]).get_volatility(hour(0))
    assert (found.sd_usd, found.cv) == (None, None)
    assert (found.lacking[0].found, found.lacking[0].needed) == (1, 2)


def test_a_chip_with_one_venue_has_no_delta(tmp_path):
    questions = asking(tmp_path, [price("lambda", hour(0), 2)])
    assert questions.get_cross_deltas(hour(0), H100) == ()
    assert len(questions.get_current_prices(hour(0), H100)) == 1


def test_two_names_of_one_owner_are_one_venue(tmp_path):
    rows = [price("verda", hour(0), 2), price("datacrunch", hour(0), 3, source="table")]
    questions = asking(tmp_path, rows)
    (found,) = questions.get_current_prices(hour(0), H100)
    assert (found.venue, found.floor_nanousd) == ("verda", 2 * 10**9)
    assert questions.get_cross_deltas(hour(0), H100) == ()


def test_a_gap_of_a_week_leaves_no_change(tmp_path):
    rows = [price("lambda", hour(0), 2), price("lambda", hour(8 * 24), 3)]
    found = asking(tmp_path, rows).get_price_changes(hour(8 * 24), H100)
    for change in found:
        assert (change.day_change_nanousd, change.week_change_nanousd) == (None, None)
        assert len(change.lacking) == 2
    assert {change.venue for change in found} == {"lambda", ""}


def test_a_change_is_against_the_mean_of_the_day_and_of_the_week(tmp_path):
    rows = [price("lambda", hour(n * 24), usd) for n, usd in ((0, 4), (3, 2), (4, 3))]
    own, every = asking(tmp_path, rows).get_price_changes(hour(4 * 24), H100)
    assert (own.day_before_nanousd, own.day_change_ppm, own.day_samples) == (2 * 10**9, 500_000, 1)
    assert (own.week_before_nanousd, own.week_samples) == (3 * 10**9, 2)
    assert (every.week_change_ppm, every.week_samples) == (0, 1)


def test_a_price_of_zero_counts_nowhere(tmp_path):
    rows = [price("lambda", hour(0), 0), price("runpod", hour(0), 2)]
    questions = asking(tmp_path, rows)
    (found,) = questions.get_current_prices(hour(0))
    assert (found.venue, found.floor_nanousd) == ("runpod", 2 * 10**9)
    (floors,) = questions.get_price_floor_series(hour(0))
    assert [point.floor_nanousd for point in floors.points] == [2 * 10**9]


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_good_that_nobody_offered_is_refused(tmp_path, name):
    questions = asking(tmp_path, [price("lambda", hour(0), 2)])
    with pytest.raises(GoodUnknown, match=r"expected a chip that was offered up to .* found b200"):
        getattr(questions, name)(hour(0), Good("B200", "SXM"))


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_time_before_the_first_price_is_refused(tmp_path, name):
    questions = asking(tmp_path, [price("lambda", hour(5), 2)])
    with pytest.raises(TimeUnknown, match="expected a time from 2026-05-04T05:00:00Z on"):
        getattr(questions, name)(hour(4))


def test_an_empty_archive_is_refused(tmp_path):
    questions = asking(tmp_path, [])
    assert questions.span() is None
    with pytest.raises(TimeUnknown, match="expected a price up to"):
        questions.get_current_prices(hour(0))


def test_what_does_not_count(tmp_path):
    """Terms, forms, kinds, roles and flags: each of these rows is passed over."""
    rows = [
        price("lambda", hour(0), 2),
        price("lambda", hour(0), 1, tenor="INT", row="1"),
        price("lambda", hour(0), 1, tenor="R1Y", row="2"),
        price("lambda", hour(0), 1, form="UNKNOWN", flags=("FORM_UNKNOWN",), row="3"),
        price("lambda", hour(0), 1, kind="bid_floor", row="4"),
        price("lambda", hour(0), 1, flags=("UNDATED",), row="5"),
        price("aws", hour(0), 1),
        price("nobody", hour(0), 1),
    ]
    (found,) = asking(tmp_path, rows).get_current_prices(hour(0))
    assert (found.floor_nanousd, found.offers) == (2 * 10**9, 1)


def test_the_nearest_source_goes_before_a_table_of_others(tmp_path):
    rows = [
        price("lambda", hour(0), 2),
        price("lambda", hour(0), 1, source="card"),
        price("runpod", hour(0), 3, source="table", flags=("COMPARISON",)),
    ]
    found = asking(tmp_path, rows).get_current_prices(hour(0))
    assert [(each.venue, each.floor_nanousd) for each in found] == [
        ("lambda", 2 * 10**9),
        ("runpod", 3 * 10**9),
    ]


def test_a_price_is_for_one_gpu_and_old_ones_are_gone(tmp_path):
    rows = [
        price("lambda", hour(0), 16, gpus=8),
        price("runpod", hour(-25), 1),
        price("vast", hour(-2), 1),
    ]
    (found,) = asking(tmp_path, rows).get_current_prices(hour(0))
    assert (found.venue, found.ceiling_nanousd) == ("lambda", 2 * 10**9)


def test_supply_counts_a_machine_once_and_tells_the_largest_host(tmp_path):
    rows = [
        ask("vast", hour(0), 2, "m1", "h1", gpus=8),
        ask("vast", hour(0), 1, "m1", "h1", gpus=4, row="1"),
        ask("vast", hour(0), 2, "m2", "h1", gpus=2, row="2"),
        ask("vast", hour(0), 2, "m3", "h2", gpus=4, row="3"),
        ask("vast", hour(-24), 2, "m3", "h2", gpus=1),
        stock("lambda", hour(0), 3),
        price("runpod", hour(0), 2, gpus=8),
    ]
    questions = asking(tmp_path, rows)
    found = {each.venue: each for each in questions.get_supply_metrics(hour(0), H100)}
    assert set(found) == {"vast", "lambda", ""}
    assert found["vast"][3:8] == (2, 14, 10, 1, 13)
    assert found["lambda"][3:8] == (None, 3, None, None, None)
    assert found[""][3:8] == (2, 17, 10, 1, 13)


def patterned():
    """Give three weeks of three venues, dearer in the afternoon, drifting, one of them noisy."""
    rows = []
    for number in range(21 * 24):
        swing = 0.2 * math.sin(2 * math.pi * number / 24)
        for place, venue in enumerate(("lambda", "runpod", "nebius")):
            if (number * 7 + place * 5) % 11 == 0 and venue == "nebius":
                continue
            noise = ((number * 37 + place * 11) % 17 - 8) / (100 if venue == "runpod" else 1000)
            usd = round(2 + 0.3 * place + swing + noise + number / 2000, 6)
            rows.append(price(venue, hour(number), usd))
    return rows


def test_patterns_of_three_weeks_are_found_again_by_the_plain_script(tmp_path):
    """Whole days, which no recording has: swing, its interval, variation and floors."""
    rows, at_ns = patterned(), hour(21 * 24)
    questions = asking(tmp_path / "one", rows)
    plain = plainly(tmp_path / "two", rows).signal(("H100", "SXM"), at_ns)
    (tod,), (moved,) = (
        questions.get_tod_patterns(at_ns, H100),
        questions.get_volatility(at_ns, H100),
    )
    assert (tod.whole_days, moved.lacking) == (21, ())
    found = [tod.swing_ppm, tod.matched_swing_ppm, tod.low_ppm, tod.high_ppm]
    expected = [plain["tod"][name] for name in ("swing", "matched_swing", "low", "high")]
    assert [each / 1e6 for each in found] == pytest.approx(expected, abs=1e-6)
    assert tod.low_ppm > 100_000
    assert moved[4:9] == pytest.approx(
        [plain["volatility"][name] for name in ("sd_usd", "cv", "log_variation", "low", "high")],
        abs=1e-6,
    )
    (floors,) = questions.get_price_floor_series(at_ns, H100)
    assert floors.trend_ppm_per_day / 1e6 == pytest.approx(
        plain["floors"]["trend_per_day"], abs=1e-6
    )


def test_an_export_gives_the_same_answers_as_the_archive(tmp_path):
    rows = patterned()
    archive = archive_of(tmp_path / "state", rows)
    start_ns = hour(0) // NS_PER_DAY * NS_PER_DAY
    export_parquet(archive, tmp_path / "export", start_ns, start_ns + 30 * NS_PER_DAY)
    of_archive = Questions.of_archive(archive, 0, 1 << 62)
    of_export = Questions.of_parquet(tmp_path / "export")
    at_ns = hour(20 * 24)
    assert of_archive.span() == of_export.span()
    for name in QUESTIONS:
        assert getattr(of_export, name)(at_ns) == getattr(of_archive, name)(at_ns), name
    assert of_export.goods(at_ns) == (H100,)


def test_a_folder_without_an_export_is_refused(tmp_path):
    with pytest.raises(TimeUnknown, match="expected an export, found no"):
        Questions.of_parquet(tmp_path)


def test_refresh_reads_what_is_new_and_what_came_late(tmp_path):
    archive = archive_of(tmp_path / "state", [price("lambda", hour(0), 2)])
    questions = Questions.of_archive(archive, 0, hour(0))
    archive.close()
    more = [price("lambda", hour(30), 3), price("runpod", hour(10), 1)]
    archive = archive_of(tmp_path / "state", more)
    questions.refresh(archive, hour(5), hour(30))
    (floors,) = questions.get_price_floor_series(hour(30))
    assert [point.floor_nanousd for point in floors.points] == [2 * 10**9, 10**9, 3 * 10**9]
    questions.close()
    archive.close()


def test_nothing_is_left_of_a_database_that_is_closed(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "drafts"))
    (tmp_path / "drafts").mkdir()
    questions = asking(tmp_path / "state", [price("lambda", hour(0), 2)])
    assert len(list((tmp_path / "drafts").glob("chiphour-questions-*"))) == 1
    questions.close()
    assert list((tmp_path / "drafts").iterdir()) == []
