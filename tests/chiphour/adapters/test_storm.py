"""TEST STORM: a storm gives the same for a seed, and names what is wrong where something is.

Takes   a short storm; the same one with an engine, a journal or a digest that errs.
Gives   a failure when an error stays unseen, or is told of a storm that has none.
Keeps   the warnings of torn writes out: a storm tears on purpose.
Source  docs/how-to/storm.md; decisions 0025 and 0026.
"""

import logging

import numpy as np
import pytest

from chiphour.adapters import storm as storms
from chiphour.adapters.storm import storm
from chiphour.exchange import events as said
from chiphour.exchange.engine import Engine

SEED, COMMANDS = 0, 40


def test_a_clean_seed_has_no_fault_and_gives_the_same_again(caplog):
    caplog.set_level(logging.INFO)
    found = storm(SEED, COMMANDS)
    assert found == storm(SEED, COMMANDS)
    assert (found.seed, found.fault) == (SEED, "")
    assert found.commands > COMMANDS
    assert not [line for line in caplog.messages if "unfinished" in line]


class ErringEngine(Engine):
    """An engine that is wrong by a micro-dollar, or a digest, once it has seen enough."""

    ERRS_IN = "events"

    def apply(self, commands):
        events = super().apply(commands)
        if self.ERRS_IN == "events" and self.sequence > COMMANDS and len(events):
            events[-1, said.CASH_MICROUSD] += 1
        return events

    def digest(self):
        return "another" if self.ERRS_IN == "digest" else super().digest()


@pytest.mark.parametrize(
    ("errs_in", "words"),
    [("events", "the kernel says otherwise"), ("digest", "the digests differ at the end")],
)
def test_an_engine_that_errs_is_told(monkeypatch, errs_in, words):
    monkeypatch.setattr(ErringEngine, "ERRS_IN", errs_in)
    monkeypatch.setattr(storms, "Engine", ErringEngine)
    assert words in storm(SEED, COMMANDS).fault


def test_a_violation_and_a_fault_of_the_flow_are_told(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(storms, "violations", lambda *_: ["expected money to sum to 0"])
        assert storm(SEED, COMMANDS).fault.endswith("expected money to sum to 0")
    flow = storms.played(SEED, COMMANDS)._replace(faults=["account 8: at rest"])
    monkeypatch.setattr(storms, "played", lambda *_: flow)
    assert storm(SEED, COMMANDS).fault == "account 8: at rest"


def test_a_journal_that_lost_a_frame_is_told(monkeypatch):
    """Here each tear takes the last whole frame away as well."""

    def torn(flow, done, chance, folder):
        journal = storms.Journal(folder / storms.FOLDER_NAME, storms.SEGMENT_BYTES)
        offsets = [journal.reader.mark.offset for _ in journal.frames()]
        path = journal.reader.path
        journal.close()
        with path.open("r+b") as file:
            file.truncate(offsets[-1] - 1)

    monkeypatch.setattr(storms, "_tear", torn)
    assert "in the journal, found" in storm(SEED, COMMANDS).fault


def test_the_flow_is_what_was_said():
    """The plain exchange's events are those of the commands, in the order of the commands."""
    flow = storms.played(SEED, COMMANDS)
    told = [set(rows[:, said.SEQUENCE].tolist()) for rows in flow.events]
    assert len(flow.rows) == len(flow.events)
    assert all(each <= {number} for number, each in enumerate(told, 1))
    assert (np.diff(flow.rows[:, 1]) >= 0).all()
