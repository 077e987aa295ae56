"""RECOVERY: start-up is a replay, and a replay gives what live gave, or refuses.

Takes   markets that traded through a sequencer, then their files, whole, cut or edited.
Gives   the claims of `adapters/recovery.py`, each a test.
Keeps   the plain exchange as the judge of the digest.
Source  Rulebook 12 and 13; decision 0007.
"""

import random

import numpy as np
import pytest

from chiphour.adapters import recovery
from chiphour.adapters.journal import JournalLocked
from chiphour.adapters.journal import journal_path
from chiphour.adapters.journal import read_frames
from chiphour.adapters.recovery import ReplayDiffers
from chiphour.adapters.recovery import Report
from chiphour.adapters.recovery import recover
from chiphour.adapters.recovery import replay
from chiphour.adapters.sequencer import Sequencer
from chiphour.exchange.commands import AMOUNT_MICROUSD
from chiphour.exchange.commands import KIND
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference import Reference
from chiphour.units import NS_PER_HOUR
from chiphour.wire.journal import JournalDamaged
from opened import STRIKE_NS
from opened import opening

LIMITS = Limits(accounts=64, contracts=4, indexes=4, orders=4096, positions=256)


def orders(seed: int, count: int):
    """Give random orders around the fix."""
    draw = random.Random(seed)
    given = {"contract": 0, "order_type": 1, "time_in_force": 1, "lots": 3}
    return commands(
        command(
            Kind.ORDER,
            account=draw.randrange(8, 16),
            side=draw.choice((1, 2)),
            price_ticks=draw.randrange(24_990, 25_010),
            **given,
        )
        for _ in range(count)
    )


def traded(folder, runs: int = 1, turns: int = 6) -> str:
    """Trade over some hours, in several runs of the sequencer; give the live digest at the end."""
    digest = ""
    for run in range(runs):
        engine, journal, _ = recover(folder, LIMITS, Reference)
        hours = iter(range(1 + run * turns, 1000))
        with Sequencer(
            engine, journal, lambda hours=hours: STRIKE_NS + next(hours) * NS_PER_HOUR
        ) as sequencer:
            if run == 0:
                sequencer.submit(opening())
            for turn in range(turns):
                sequencer.submit(orders(100 * run + turn, 20), b"name %d" % turn)
            digest = sequencer.ask(lambda exchange: exchange.digest())
    return digest


def test_new_market_is_created_and_reported(tmp_path):
    folder = tmp_path / "data"
    engine, journal, report = recover(folder, LIMITS, Reference, created_ns=5)
    journal.close()
    assert report == Report(True, 0, 0, 0, 0, Reference(LIMITS).digest())
    assert engine.sequence == 0
    assert journal.head.limits == LIMITS
    assert journal.head.created_ns == 5
    other = recover(tmp_path / "other", LIMITS, Reference)
    other.journal.close()
    assert other.journal.head.market != journal.head.market


def test_recovery_gives_what_live_gave(tmp_path):
    """Three runs one after another: each begins where the last ended, on the same digest."""
    digest = traded(tmp_path, runs=3)
    engine, journal, report = recover(tmp_path, LIMITS, Reference)
    journal.close()
    assert engine.digest() == report.digest == digest
    assert not report.created
    assert report.commands == engine.sequence > 18 * 20
    assert report.cut_bytes == 0


def test_limits_of_the_journal_win(tmp_path):
    """A program with other defaults goes on with the capacities that the market began with."""
    digest = traded(tmp_path)
    seen = []

    def make(limits: Limits) -> Reference:
        seen.append(limits)
        return Reference(limits)

    engine, journal, _ = recover(tmp_path, Limits(), make)
    journal.close()
    assert engine.digest() == digest
    assert seen == [LIMITS]


def test_second_start_in_the_same_folder_is_refused(tmp_path):
    _, journal, _ = recover(tmp_path, LIMITS, Reference)
    with pytest.raises(JournalLocked):
        recover(tmp_path, LIMITS, Reference)
    journal.close()
    recover(tmp_path, LIMITS, Reference).journal.close()


@pytest.mark.parametrize("seed", range(8))
def test_torn_tail_costs_the_last_frame_only(tmp_path, seed):
    """Cut inside the last frame: recovery gives the state before it, and says what it cut."""
    traded(tmp_path)
    path = journal_path(tmp_path)
    frames = list(read_frames(path))
    last = next(frame for frame in reversed(frames) if len(frame.rows))
    cut = random.Random(seed).randrange(last.offset + 1, last.offset + last.size)
    path.write_bytes(path.read_bytes()[:cut])
    engine, journal, report = recover(tmp_path, LIMITS, Reference)
    journal.close()
    expected = Reference(LIMITS)
    expected.apply(np.concatenate([f.rows for f in frames if f.number < last.number]))
    assert engine.digest() == expected.digest()
    assert (report.cut_offset, report.cut_bytes) == (last.offset, cut - last.offset)
    assert path.stat().st_size == last.offset


@pytest.mark.parametrize("seed", range(8))
def test_edited_middle_is_refused_and_the_file_stays(tmp_path, seed):
    """Change one byte before the last frame: no start, one clear line, the file untouched."""
    traded(tmp_path)
    path = journal_path(tmp_path)
    content = bytearray(path.read_bytes())
    draw = random.Random(seed)
    last = list(read_frames(path))[-1]
    content[draw.randrange(last.offset)] ^= 1 << draw.randrange(8)
    path.write_bytes(content)
    with pytest.raises(JournalDamaged, match=r"expected .*, found .*, at byte"):
        recover(tmp_path, LIMITS, Reference)
    assert path.read_bytes() == content


class Drifted(Reference):
    """A program that is not the one that wrote the journal: it credits too much."""

    def apply(self, rows):
        changed = rows.copy()
        changed[changed[:, KIND] == Kind.DEPOSIT, AMOUNT_MICROUSD] += 1
        return super().apply(changed)


def test_program_that_replays_differently_is_refused(tmp_path):
    """The frames state digests: another result is told where it shows first, nothing is changed."""
    traded(tmp_path, runs=2)
    content = journal_path(tmp_path).read_bytes()
    with pytest.raises(ReplayDiffers, match="expected the state's digest"):
        recover(tmp_path, LIMITS, Drifted)
    assert journal_path(tmp_path).read_bytes() == content


def test_other_rulebook_is_refused(tmp_path, monkeypatch):
    traded(tmp_path)
    monkeypatch.setattr(recovery, "RULEBOOK", "2")
    with pytest.raises(ReplayDiffers, match="expected rulebook 2, found 1"):
        recover(tmp_path, LIMITS, Reference)


def test_replay_reads_only_and_passes_over_a_torn_tail(tmp_path):
    digest = traded(tmp_path)
    path = journal_path(tmp_path)
    content = path.read_bytes() + b"CHFR"
    path.write_bytes(content)
    told = []
    assert replay(path, Reference, told.append).digest() == digest
    assert [tail.cut_bytes for tail in told] == [4]
    assert path.read_bytes() == content
