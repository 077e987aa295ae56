"""TEST COLLECTION: live collection as it is put together, against simulated venues over HTTP.

Takes   the venue simulator on loopback, fresh archives.
Gives   claims on `collect_once`, `Collecting` and the seed.
Keeps   a refused venue beside those that answered; nothing left running.
Source  Decision 0015.
"""

import os
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from chiphour.adapters.archive import Archive
from chiphour.adapters.bodies import ArchiveDamaged
from chiphour.adapters.collection import SEED
from chiphour.adapters.collection import SEED_BYTES
from chiphour.adapters.collection import Collecting
from chiphour.adapters.collection import CollectorRunning
from chiphour.adapters.collection import alone_in
from chiphour.adapters.collection import collect_once
from chiphour.adapters.collection import collect_until
from chiphour.adapters.collection import live_readers
from chiphour.adapters.collection import seed_of
from chiphour.adapters.manifest import RecordingRefused
from chiphour.adapters.recordings import check_raw
from chiphour.adapters.venue_server import serving
from chiphour.observe.venues import venues

ONE = "verda"


@pytest.fixture
def archive(tmp_path):
    opened = Archive(tmp_path)
    yield opened
    opened.close()


def test_a_round_reports_each_venue_and_the_archive_is_whole(archive):
    """Serve every venue, one of them in trouble: it alone is refused, and says why."""
    with serving(faults={ONE: "server_error"}) as base_url:
        report = collect_once(archive, None, base_url, {})
    found = {summary.venue: summary for summary in report.venues}
    assert set(found) == {reader.VENUE.name for reader in live_readers()}
    refused = {name: [why.code for why in found[name].refused] for name in found}
    assert {name: codes for name, codes in refused.items() if codes} == {ONE: ["STATUS"]}
    assert found[ONE].rows == 0
    assert found["vast"].rows == found["vast"].new > 0
    assert check_raw(archive) is None
    assert [line.source for line in archive.refusals()] == [ONE]


def test_one_venue_may_be_asked_alone(archive):
    with serving(only=(ONE,)) as base_url:
        report = collect_once(archive, ONE, base_url, {})
        again = collect_once(archive, ONE, base_url, {})
    (first,), (second,) = report.venues, again.venues
    assert first.rows == second.rows == first.new == second.new > 0  # Another time, other rows.


def test_a_source_that_is_only_recorded_cannot_be_asked():
    recorded = next(name for name, reader in venues().items() if not reader.VENUE.base_url)
    with pytest.raises(RecordingRefused, match=f"found '{recorded}'"):
        live_readers(recorded)


def test_the_lanes_run_until_the_context_ends(archive):
    with serving() as base_url, Collecting(archive, base_url, {}) as collecting:
        until = time.monotonic() + 30
        while "vast" not in archive.last_polls() and time.monotonic() < until:
            time.sleep(0.05)
        began = time.monotonic()
    assert collecting.fault is None
    assert time.monotonic() - began < 10
    assert archive.last_polls()["vast"] > 0
    assert [one.venue for one in archive.commitments()] == sorted(
        reader.VENUE.name for reader in live_readers() if reader.VENUE.feed == "book"
    )


def test_the_lanes_run_on_the_callers_thread_until_told_to_stop(archive):
    stop, faults = threading.Event(), []

    def work(base_url):
        try:
            collect_until(archive, base_url, {}, stop)
        except BaseException as fault:
            faults.append(fault)

    with serving(only=(ONE,)) as base_url:
        with alone_in(archive.folder), pytest.raises(CollectorRunning):
            collect_until(archive, base_url, {}, stop)
        running = threading.Thread(target=work, args=(base_url,))
        running.start()
        until = time.monotonic() + 30
        while ONE not in archive.last_polls() and time.monotonic() < until:
            time.sleep(0.05)
        stop.set()
        running.join(timeout=30)
    assert not running.is_alive()
    assert faults == []
    assert archive.last_polls()[ONE] > 0


def test_one_folder_has_one_collector(archive):
    """Two would ask every venue at twice its limits: the second is refused, and may come after."""
    with serving(only=(ONE,)) as base_url:
        with (
            alone_in(archive.folder),
            pytest.raises(CollectorRunning, match="expected no other collector"),
        ):
            collect_once(archive, ONE, base_url, {})
        assert archive.count()["readings"] == 0
        assert collect_once(archive, ONE, base_url, {}).refused == ()


def test_the_seed_is_made_once_and_is_its_owner_s_alone(tmp_path):
    seed = seed_of(tmp_path)
    assert len(seed) == SEED_BYTES
    assert seed_of(tmp_path) == seed
    assert stat.S_IMODE(os.stat(tmp_path / SEED).st_mode) == 0o600


def test_a_seed_that_is_cut_short_is_refused_not_replaced(tmp_path):
    seed_of(tmp_path)
    os.truncate(tmp_path / SEED, 5)
    with pytest.raises(ArchiveDamaged, match="expected 32 bytes, found 5"):
        seed_of(tmp_path)


def test_a_seed_that_cannot_be_written_leaves_none_behind(tmp_path):
    """A disk that is full at that moment must not end with a seed of no bytes, for good."""
    words = f"""
import resource, signal
from pathlib import Path
from chiphour.adapters.bodies import ArchiveDamaged
from chiphour.adapters.collection import seed_of
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
try:
    seed_of(Path({str(tmp_path)!r}))
except ArchiveDamaged as fault:
    print(fault)
resource.setrlimit(resource.RLIMIT_FSIZE, limits)
print(len(seed_of(Path({str(tmp_path)!r}))))
"""
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    fault, size = done.stdout.splitlines()
    assert fault == f"{tmp_path / SEED}: expected a seed, found File too large"
    assert size == "32"
    assert [file.name for file in tmp_path.iterdir()] == [SEED]


def test_collectors_that_begin_at_once_have_one_seed(tmp_path):
    with ThreadPoolExecutor(8) as threads:
        seeds = set(threads.map(seed_of, [tmp_path] * 64))
    assert len(seeds) == 1
