"""REPORT: its records are read back as they were written; a refusal names its faults.

Takes   tests/reported.py.
Gives   a failure where a record loses something, or a refusal does not say enough.
Keeps   the five fields of the article first.
Source  Decision 0043; the article of decision 0042, "Data orchestrator".
"""

import msgspec
import pytest

from chiphour.analyse.report import Claim
from chiphour.analyse.report import DataAnalysisOutput
from chiphour.analyse.report import Report
from chiphour.analyse.report import ReportRefused
from chiphour.analyse.report import Signal
from chiphour.analyse.report import sections_expected
from reported import CLAIMS
from reported import DAY


def test_the_articles_schema_comes_first():
    assert Signal.__struct_fields__[:5] == ("gpu", "type", "value", "actionable", "reason")
    names = ("lead_signal", "title", "summary", "sections", "signals")
    assert DataAnalysisOutput.__struct_fields__ == names
    assert Report.__struct_fields__[:5] == names


def test_a_claim_is_read_back_and_an_unknown_field_refused():
    body = msgspec.json.encode(CLAIMS[0])
    assert msgspec.json.decode(body, type=Claim) == CLAIMS[0]
    with pytest.raises(msgspec.ValidationError, match="unknown field `more`"):
        msgspec.json.decode(body.replace(b'{"id"', b'{"more":1,"id"'), type=Claim)


@pytest.mark.parametrize(
    ("days", "middle"), [(0, "baselines"), (1, "baselines"), (2, "movers"), (30, "movers")]
)
def test_two_days_of_data_bring_movers(days, middle):
    assert sections_expected(days) == ("snapshot", middle, "volatility", "context")


def test_a_refusal_names_the_first_faults_and_counts_the_rest():
    refused = ReportRefused(DAY, [f"fault {number}" for number in range(8)])
    assert str(refused) == (
        "report of 2026-07-20: fault 0; fault 1; fault 2; fault 3; fault 4; fault 5; and 2 more"
    )
    assert len(refused.faults) == 8
