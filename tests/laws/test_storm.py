"""TEST STORM: whole markets under random members, gaps, halts, crashes and torn writes are clean.

Takes   seeds: each is a market of its own (`chiphour storm SEED`).
Gives   a failure that says the seed and the first thing that was wrong.
Keeps   a few commands for each seed here: thousands of seeds run as a command.
Source  Rulebook 1 to 13; decisions 0025 and 0026; docs/how-to/storm.md.
"""

import pytest

from chiphour.adapters.storm import storm


@pytest.mark.suite
@pytest.mark.parametrize("seed", range(20))
def test_a_storm_is_clean(seed):
    found = storm(seed, 120)
    assert found.fault == ""
    assert found.commands >= 120
    assert found.events > 0


@pytest.mark.long
@pytest.mark.parametrize("first", range(1_000, 1_200, 50))
def test_longer_storms_are_clean(first):
    assert [each for each in (storm(seed) for seed in range(first, first + 50)) if each.fault] == []
