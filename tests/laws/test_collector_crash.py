"""COLLECTOR CRASH: the real command, killed while it collects, leaves an archive that is whole.

Takes   `chiphour observe --live --watch` against simulated venues; fifty kills in one folder.
Gives   after each kill: `check_raw` finds no difference; at the end one more round, in which every
        venue answers, and the commitments of all runs are one for each venue and day.
Keeps   the moments of the kills to a seed; what the collector was doing then is up to the machine.
Source  Decision 0015.
"""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chiphour.adapters.archive import Archive
from chiphour.adapters.collection import collect_once
from chiphour.adapters.collection import live_readers
from chiphour.adapters.recordings import check_raw
from chiphour.adapters.venue_server import serving

SEED = 20261127
KILLS = 50
LIFE_S = (0.8, 4.0)  # The program needs a second or so before it asks anyone.
OFFERS = 4_000
PROGRAM = Path(sys.executable).with_name("chiphour")


def collect_until_killed(base_url, folder, seconds):
    words = ["observe", "--live", "--watch", "--base-url", base_url, "--port", "0"]
    with subprocess.Popen(
        [PROGRAM, *words, "--data", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL


@pytest.mark.long
def test_a_killed_collector_leaves_a_whole_archive_and_the_next_round_fills_the_gap(tmp_path):
    draw = random.Random(SEED)
    polls = []
    with serving(offers=OFFERS) as base_url:
        for _ in range(KILLS):
            collect_until_killed(base_url, tmp_path, draw.uniform(*LIFE_S))
            archive = Archive(tmp_path)
            assert check_raw(archive) is None
            polls.append(archive.count()["readings"])
            archive.close()
        began_ns = time.time_ns()
        archive = Archive(tmp_path)
        report = collect_once(archive, None, base_url, {})
    assert report.refused == ()
    assert polls == sorted(polls)
    assert len(set(polls)) > KILLS // 4, "too few of the runs came to keep anything"
    stated = {"gpurentalprices", "ecb"}  # Their bodies carry the time at which they were made.
    later = {name for name, at_ns in archive.last_polls().items() if at_ns >= began_ns}
    assert later | stated == {reader.VENUE.name for reader in live_readers()}
    made = [(one.venue, one.day) for one in archive.commitments()]
    assert len(made) == len(set(made)) > 0
    assert check_raw(archive) is None
    archive.close()
