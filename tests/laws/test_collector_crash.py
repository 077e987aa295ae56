"""COLLECTOR CRASH: the collector, killed in the middle of a round, leaves an archive that is whole.

Takes   rounds of all live venues over HTTP against the simulator, each in a process of its own;
        fifty kills in one folder.
Gives   after each kill: `check_raw`, which is `observe --check`, finds no difference; at the end
        one more round, in which every venue answers and the gap is filled.
Keeps   the moments of the kills to a seed; what the collector was doing then is up to the machine.
Source  Decision 0015.
"""

import random
import sys
from pathlib import Path

import pytest

from chiphour.adapters.archive import Archive
from chiphour.adapters.collection import collect_once
from chiphour.adapters.collection import live_readers
from chiphour.adapters.recordings import check_raw
from chiphour.adapters.venue_server import serving
from chiphour.observe.venues import venues
from killed import Breeder
from killed import breed

SEED = 20261127
KILLS = 50
LIFE_S = (0.0, 1.2)  # Of a round, which takes a second or two.
OFFERS = 4_000
DISTINCT_MIN = 5


def work(base_url: str, folder: Path) -> None:
    """Be the child: one round."""
    collect_once(Archive(folder), None, base_url, {})


@pytest.mark.long
def test_a_killed_collector_leaves_a_whole_archive_and_the_next_round_fills_the_gap(tmp_path):
    draw = random.Random(SEED)
    polls = []
    with serving(offers=OFFERS) as base_url:
        breeder = Breeder("laws.test_collector_crash", base_url, tmp_path)
        for _ in range(KILLS):
            breeder.live_and_die(draw.uniform(*LIFE_S))
            archive = Archive(tmp_path)
            assert check_raw(archive) is None
            polls.append(archive.count()["readings"])
            archive.close()
        breeder.end()
        archive = Archive(tmp_path)
        report = collect_once(archive, None, base_url, {})
    assert report.refused == ()
    assert polls == sorted(polls)
    assert len(set(polls)) >= DISTINCT_MIN, "hardly any round came to keep anything"
    answered = {summary.venue for summary in report.venues if summary.rows}
    assert answered == {reader.VENUE.name for reader in live_readers()}
    assert check_raw(archive) is None
    archive.close()


if __name__ == "__main__":
    venues()  # Imported once, not in each child.
    breed(lambda: work(sys.argv[1], Path(sys.argv[2])))
