"""CHALLENGES: what was challenged stays on the disk, and enters the log.

Takes   a folder.
Gives   a failure where a line is changed, or an event cannot be a leaf.
Keeps   the file growing only.
Source  docs/methodology/governance.md.
"""

import pytest

from chiphour.adapters.challenges import FILE
from chiphour.adapters.challenges import Challenges
from chiphour.adapters.challenges import event_of
from chiphour.adapters.challenges import log_missing
from chiphour.adapters.log import open_log
from chiphour.index.challenge import WORDS_MAX
from chiphour.index.challenge import ChallengeRefused
from chiphour.index.leaves import event_leaf
from chiphour.index.leaves import leaf_from


def test_lines_are_only_added(tmp_path):
    challenges = Challenges(tmp_path)
    first = challenges.open(1, "Ada", "CHR.H100.SXM.OD", "too high")
    before = (tmp_path / FILE).read_text()
    done = challenges.answer(first.id, 2, "Bob", "no")
    assert (tmp_path / FILE).read_text().startswith(before)
    assert Challenges(tmp_path).all() == [done] == challenges.all()


def test_two_who_write_at_once_take_two_numbers(tmp_path):
    first, second = Challenges(tmp_path), Challenges(tmp_path)
    assert first.open(1, "Ada", "one", "text").id == "CH-1970-001"
    assert second.open(2, "Bob", "two", "text").id == "CH-1970-002"
    first.answer("CH-1970-002", 3, "Ada", "yes")
    with pytest.raises(ChallengeRefused, match=r"expected an open challenge \(CH-1970-001\)"):
        second.answer("CH-1970-002", 4, "Eve", "no")
    assert [each.state for each in Challenges(tmp_path).all()] == ["open", "answered"]


def test_the_longest_challenge_with_the_longest_answer_fits_in_a_leaf(tmp_path):
    words, name = '"' * WORDS_MAX, "\u00e9" * 99
    longest = '"' * 4_998 + "\u00e9" * 3_333
    assert len(longest) < WORDS_MAX
    challenges = Challenges(tmp_path)
    for number, text in enumerate((words, longest)):
        found = challenges.open(2 * number, name, name, text)
        found = challenges.answer(found.id, 2 * number + 1, name + "b", text)
        assert leaf_from(event_leaf(event_of(found), 1)).event["challenge"]["answer"] == text
    with pytest.raises(ChallengeRefused, match="text: expected at most 30000 bytes of JSON"):
        challenges.open(9, "Ada", "about", "\u00e9" * 5_000)


def test_a_refusal_adds_no_line(tmp_path):
    with pytest.raises(ChallengeRefused):
        Challenges(tmp_path).open(1, "", "about", "text")
    assert not (tmp_path / FILE).exists()


def test_a_file_of_something_else_is_told(tmp_path):
    (tmp_path / FILE).write_text('{"id": "CH-1970-001"}\n')
    with pytest.raises(ChallengeRefused, match=r"challenges\.jsonl:1: expected a challenge"):
        Challenges(tmp_path)


def test_each_line_is_an_event_of_the_log(tmp_path):
    challenge = Challenges(tmp_path).open(1, "Ada", "CHR.H100.SXM.OD", "too high")
    leaf = leaf_from(event_leaf(event_of(challenge), 1))
    assert leaf.event["challenge"]["id"] == "CH-1970-001"
    assert leaf.event["state"] == "open"


def test_a_line_that_a_kill_cut_off_is_passed_over_and_gone_with_the_next(tmp_path):
    first = Challenges(tmp_path).open(1, "Ada", "CHR.H100.SXM.OD", "too high")
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole + b'{"id": "CH-19')
    challenges = Challenges(tmp_path)
    assert challenges.all() == [first]
    second = challenges.open(2, "Bob", "rule SCREEN", "too wide")
    assert second.id == "CH-1970-002"
    assert Challenges(tmp_path).all() == [first, second]


def test_what_a_kill_left_unlogged_is_logged_with_the_next(tmp_path):
    challenges = Challenges(tmp_path)
    first = challenges.open(1, "Ada", "CHR.H100.SXM.OD", "too high")
    log = open_log(tmp_path)  # The process was killed before it logged the first.
    challenges.answer(first.id, 2, "Bob", "no")
    assert [log_missing(challenges, log), log_missing(challenges, log)] == [2, 0]
    events = [leaf_from(leaf).event for leaf in log.leaves(0, log.size)]
    assert [event["state"] for event in events] == ["open", "answered"]
    log.close()
