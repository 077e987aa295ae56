"""AWARDS: every chip that was awarded is in one row, however it is written.

Takes   a run with work on two tiers and a gang.
Gives   rows, JSON, CSV and Slurm lines of it.
Keeps   chip-hours: those of the rows are those of the award.
Source  docs/formulation/auction.md, section 6.
"""

import csv
import io
import json
import re
from fractions import Fraction

import pytest

from chiphour.auction.clear import clear
from chiphour.auction.instance import from_fields
from chiphour.auction.solve import solve
from chiphour.publish.awards import award_rows
from chiphour.publish.awards import awards_csv
from chiphour.publish.awards import awards_json
from chiphour.publish.awards import awards_slurm
from gated import BUYER
from gated import SELLER
from gated import buy
from gated import gang
from gated import pool
from gated import settings_of


@pytest.fixture(scope="module")
def run():
    bids = [
        pool("p", "36", "1", tiers=("od", "spot")) | {"account": SELLER},
        buy("b", "9.5", "2") | {"account": BUYER},
        buy("s", "7", "2", tier="spot") | {"account": BUYER},
        gang("g", 16, 2, "90") | {"account": 102},
    ]
    instance = from_fields(settings_of(bids=bids))
    return instance, clear(instance, solve)


def test_every_chip_hour_is_in_one_row(run):
    instance, result = run
    rows = award_rows(instance, result)
    found = sum(Fraction(row.chips) * row.minutes / 60 for row in rows)
    awarded = sum(
        sum(line.quantity_hundredths for line in part.lines)
        + sum(gang.chips * 100 * gang.intervals for gang in part.gangs)
        for part in result.award.parts
    )
    assert found == Fraction(awarded * instance.grid.step_minutes, 6_000)
    assert any(row.tier == "gang" and row.pool for row in rows)
    spans = [(row[:6], row.starts, row.ends) for row in rows]
    assert len(set(spans)) == len(spans) and all(starts < ends for _, starts, ends in spans)


def test_json_and_csv_say_the_same(run):
    rows = award_rows(*run)
    written = list(csv.DictReader(io.StringIO(awards_csv(rows), newline="")))
    assert [
        {name: str(value) for name, value in row.items()} for row in json.loads(awards_json(rows))
    ] == written


def test_an_account_sees_its_own(run):
    rows = award_rows(*run)
    account = rows[0].account
    assert award_rows(*run, account) == [row for row in rows if row.account == account]


def test_slurm_gets_whole_nodes_for_what_was_bought(run):
    """A line for each row that was bought: nodes of 8 chips, rounded up, for its minutes."""
    rows = [row for row in award_rows(*run) if row.side == "buy"]
    lines = awards_slurm(award_rows(*run), 9).splitlines()
    assert len(lines) == len(rows) > 0
    pattern = re.compile(
        r"scontrol create reservation ReservationName=run9-\d+ StartTime=(\S+) Duration=(\d+) "
        r"NodeCnt=(\d+) Accounts=account(\d+) Comment=\S+"
    )
    for line, row in zip(lines, rows, strict=True):
        starts, minutes, nodes, account = pattern.fullmatch(line).groups()
        assert (starts + "+00:00", int(minutes), int(account)) == (
            row.starts.replace("Z", "+00:00"),
            row.minutes,
            row.account,
        )
        sizes = {product.id: product.domain_chips for product in run[0].grid.products}
        assert (int(nodes) - 1) * sizes[row.product] < Fraction(row.chips)
        assert Fraction(row.chips) <= int(nodes) * sizes[row.product]
