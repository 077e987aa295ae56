"""TEST SIGNALS: held answers are those that would be computed, and are computed once an hour.

Takes   a small archive that grows, a clock that a test moves.
Gives   claims on what is held and when it is forgotten.
Keeps   real queries.
Source  Decision 0042.
"""

import pytest

from archives import answer
from asking import archive_of
from asking import asking
from asking import hour
from asking import price
from chiphour.adapters.questions import TimeUnknown
from chiphour.adapters.signals import Signals
from chiphour.adapters.signals import judged_at
from chiphour.adapters.signals import verdict_days
from chiphour.adapters.signals import viability_at


class Clock:
    def __init__(self, at_ns):
        self.at_ns = at_ns

    def __call__(self):
        return self.at_ns


def keep(archive, *rows):
    for row in rows:
        archive.keep_poll("acme", "1", [answer(str(row).encode(), [row], row["observed_ns"])])


def test_answers_are_held_for_the_hour_and_asked_again_after_it(tmp_path):
    archive = archive_of(tmp_path, [price("lambda", hour(0), 2)])
    clock = Clock(hour(1) + 7)
    signals = Signals(archive, clock)
    first = signals.judged()
    assert first.answers.at_ns == hour(1)
    keep(archive, price("runpod", hour(0), 3))
    assert signals.judged() is first
    clock.at_ns = hour(2)
    assert {each.venue for each in signals.judged().answers.prices} == {"lambda", "runpod"}
    assert signals.judged().answers.at_ns == hour(2)
    signals.close()
    archive.close()


def test_history_goes_back_as_far_as_there_are_prices(tmp_path):
    rows = [price("lambda", hour(24 * day), 2 + day) for day in range(4)]
    archive = archive_of(tmp_path, rows)
    clock = Clock(hour(3 * 24))
    signals = Signals(archive, clock)
    found = signals.history()
    assert [each.answers.at_ns for each in found] == [hour(24 * day) for day in (3, 2, 1, 0)]
    assert [each.answers.prices[0].floor_nanousd for each in found] == [
        n * 10**9 for n in (5, 4, 3, 2)
    ]
    clock.at_ns = hour(4 * 24)
    again = signals.history()
    assert [each.answers.at_ns for each in again] == [hour(24 * day) for day in (4, 3, 2, 1, 0)]
    assert again[1].answers == found[0].answers
    signals.close()
    archive.close()


def test_viability_is_held_for_the_day(tmp_path):
    archive = archive_of(tmp_path, [price("lambda", hour(0), 2)])
    clock = Clock(hour(2))
    signals = Signals(archive, clock)
    first = signals.viability()
    clock.at_ns = hour(3)
    assert signals.viability() is first
    clock.at_ns = hour(26)
    assert signals.viability() is not first
    assert first[0].answer == "not yet"
    signals.close()
    archive.close()


def test_an_empty_archive_is_refused_until_it_is_filled(tmp_path):
    archive = archive_of(tmp_path, [])
    clock = Clock(hour(1))
    signals = Signals(archive, clock)
    for ask in (signals.judged, signals.viability):
        with pytest.raises(TimeUnknown):
            ask()
    assert signals.history() == []
    keep(archive, price("lambda", hour(1), 2))
    clock.at_ns = hour(2)
    assert len(signals.judged().answers.prices) == 1
    signals.close()
    archive.close()


def test_days_of_verdicts_are_those_of_each_moment(tmp_path):
    rows = [price("lambda", hour(24 * day), 2 + day) for day in range(3)]
    questions = asking(tmp_path, rows)
    found = verdict_days(questions, hour(48), 10)
    assert found == tuple(judged_at(questions, hour(24 * day)) for day in (2, 1, 0))
    assert viability_at(questions, hour(48))[0].days == 3
