"""METHODOLOGY: the statement is written by the program, and no number of it was typed.

Takes   the words, the parameters.
Gives   a failure where a digit stands in the words, or the document is stale.
Keeps   the list of what may hold a digit short: names and citations.
Source  IOSCO FR07/13, 11; decision 0016.
"""

import re
from pathlib import Path

from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import changed
from chiphour.index.series import BY_TICKER
from chiphour.publish.methodology import asked
from chiphour.publish.methodology import decimal_text
from chiphour.publish.methodology import duration_text
from chiphour.publish.methodology import methodology_text
from chiphour.publish.methodology import percent_text
from chiphour.publish.methodology_text import TEXT
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "methodology" / "v2026_1.md"
# Names of files, series, hashes and standards, a year of a paper, and the algebra of the interval.
NAMES = (
    *("v2026_1", "R1Y", "SHA-256", "RFC 6962", "1986", "H100.SXM.OD"),
    *("1 - 2 P", "1/2", "d+1", "2d", "1 - L", "min(1, c"),
)


def test_the_words_hold_no_number_of_their_own():
    words = re.sub(r"\{\w+\}", "", TEXT)
    for name in sorted(NAMES, key=len, reverse=True):
        words = words.replace(name, "")
    assert not re.findall(r".{0,30}\d.{0,10}", words)


def test_every_parameter_moves_the_document():
    """Change each number of the set in turn: the document says another thing."""
    before = methodology_text()
    moved = {
        name: value + step
        for name, value in V2026_1._asdict().items()
        if isinstance(value, int) and not isinstance(value, bool)
        for step in [60 * 10**9 if name.endswith("_ns") else 1]
    }
    moved |= {"memory_ns": V2026_1.memory_ns - NS_PER_DAY, "screen_members_min": 5}
    moved |= {"interval_level_ppm": 800_000, "unit_fix_age_max_ns": 8 * NS_PER_DAY}
    still = [
        name for name, value in moved.items() if methodology_text(changed({name: value})) == before
    ]
    assert still == []


def test_the_document_is_what_the_program_writes():
    assert DOCUMENT.read_text() == methodology_text()


def test_durations_shares_and_decimals_are_short_and_exact():
    times = (5 * NS_PER_MINUTE, 24 * NS_PER_HOUR, 7 * NS_PER_DAY, 36 * NS_PER_HOUR)
    assert [duration_text(each) for each in times] == [
        "5 minutes",
        "24 hours",
        "7 days",
        "36 hours",
    ]
    assert [percent_text(each) for each in (200_000, 5_000, 875_000)] == ["20 %", "0.5 %", "87.5 %"]
    assert decimal_text(1_482_600) == "1.4826"


def test_a_narrower_series_says_what_it_asks():
    found = [
        asked(BY_TICKER[f"CHR.H100.SXM.OD{end}"]) for end in ("", ".US", ".IB", ".X8", ".FULL")
    ]
    assert found == [
        "everything",
        "in the United States",
        "joined by `INFINIBAND`",
        "8 GPUs or more in one offer",
        "16 vCPUs or more for each GPU, 128 GB of memory or more for each GPU",
    ]
