"""TEST CASH_EVENTS: a statement of what was kept is the statement of all events.

Takes   storms on a plain exchange, told in frames of any size.
Gives   claims on the events of each account, and on a disk that fails.
Keeps   nothing behind in the folder.
Source  Rulebook 3; decision 0034.
"""

import os

import numpy as np
import pytest

from chiphour.adapters import cash_events
from chiphour.adapters.cash_events import CashEvents
from chiphour.adapters.cash_events import StatementsLost
from chiphour.adapters.commit import Told
from chiphour.exchange import events as e
from chiphour.exchange.commands import COMMAND_COLUMNS
from chiphour.exchange.compose import event
from chiphour.simulate.storm_hand import played
from chiphour.statement import statement

NO_ROWS = np.zeros((0, COMMAND_COLUMNS), np.int64)


@pytest.fixture
def kept(tmp_path):
    kept = CashEvents(tmp_path)
    yield kept
    kept.close()


def hear(kept, events):
    kept.hear(Told(NO_ROWS, events, []))


@pytest.mark.parametrize("seed", range(4))
def test_each_statement_is_that_of_all_events(tmp_path, monkeypatch, seed):
    """Tell a storm in its own frames; write and read in small parts, with frames in between."""
    monkeypatch.setattr(cash_events, "WRITE_ROWS", 50)
    monkeypatch.setattr(cash_events, "READ_ROWS", 30)
    kept, frames = CashEvents(tmp_path), played(seed, 300).events
    accounts = sorted(set(np.concatenate(frames)[:, e.ACCOUNT].tolist()))
    for place, frame in enumerate(frames):
        hear(kept, frame)
        if place % 97 == 0:  # Asked while it goes on.
            kept.of(accounts[0])
    for account in accounts:
        assert statement(account, kept.of(account)) == statement(account, np.concatenate(frames))
    kept.close()


def test_an_account_without_money_has_an_empty_statement(kept):
    assert statement(9, kept.of(9)) == []


def test_the_file_has_no_name(tmp_path, kept):
    hear(kept, event(e.Kind.DEPOSITED, account=9, amount_microusd=5, cash_microusd=5)[None])
    assert len(kept.of(9)) == 1
    assert not list(tmp_path.iterdir())


def test_what_moves_no_cash_is_not_kept(kept):
    hear(kept, event(e.Kind.CANCELLED, account=9)[None])
    assert kept._pending_rows == 0


def test_a_full_disk_costs_the_statements_not_the_market(kept, monkeypatch):
    """Let the system refuse to write, as a full disk does; hearing goes on, asking is refused."""

    def full(*words):
        raise OSError(28, "No space left on device")

    row = event(e.Kind.DEPOSITED, account=9, amount_microusd=5, cash_microusd=5)[None]
    hear(kept, row)
    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(StatementsLost, match="No space left"):
        kept.of(9)
    monkeypatch.undo()
    hear(kept, row)
    with pytest.raises(StatementsLost, match="No space left"):
        kept.of(9)
