"""GENERATE: writes docs/analysis/viability.md from the shipped recordings.

Takes   the recordings in the package, those that only serve comparison too; no network.
Gives   viability.md; `--check` writes nothing and exits 1 if it differs.
Keeps   the report equal to what the program says: tests/laws/test_signals.py runs the same
        function, and finds each figure again by another way.
Source  Decision 0042. Run: `.venv/bin/python docs/analysis/generate.py`
"""

import sys
import tempfile
from collections.abc import Iterable
from collections.abc import Sequence
from math import inf
from pathlib import Path

from chiphour.adapters.archive import Archive
from chiphour.adapters.questions import Questions
from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.recordings import ingest
from chiphour.adapters.signals import REACH_NS
from chiphour.adapters.signals import viability_at
from chiphour.analyse.thresholds import FEE_PPM
from chiphour.analyse.thresholds import VIABLE_DAYS_MIN
from chiphour.analyse.thresholds import VIABLE_STEPS_MIN
from chiphour.analyse.thresholds import VIABLE_VENUES_MIN
from chiphour.analyse.variation import Estimate
from chiphour.analyse.viability import ANSWERS
from chiphour.analyse.viability import Viability
from chiphour.units import PPM
from chiphour.units import day_from_ns

COMMON = 3  # So many things the data cannot say of any chip.
FILE = Path(__file__).resolve().parent / "viability.md"
NOTE = "<!-- Written by docs/analysis/generate.py. Change the program, then run that. -->"
HEAD = (
    *("chip", "answer", "days", "venues", "pairs", "above fees", "gap", "half-life"),
    *("skill against the random walk", "variation"),
)
FEES_PERCENT = 200 * FEE_PPM / PPM
MEANS = f"""
How to read it. A *pair* is two venues that let the same chip in the same form under the same terms,
seen together often enough; *above fees* is the share of their common hours in which the gap between
their least prices exceeds a taker's fee on both sides ({FEES_PERCENT:.1f} % of the price);
*gap* is the median of what is left of it, as a part of the price; *half-life* is the time in which
half of a gap is gone, the median over pairs that moved, with their middle half; *skill* is one
minus the squared error of a forecast that returns to the mean, over that of "as now", fitted on the
earlier half of the steps and judged on the later, with its 90 % interval; *variation* is the
standard deviation of each venue's price about its own trend, with its 90 % interval.
"-" is not enough data.

"Not yet" without a row has fewer than {VIABLE_DAYS_MIN} days, {VIABLE_VENUES_MIN} venues or
{VIABLE_STEPS_MIN} steps from one sample of a pair to the next.

The rules stand in [decision 0042](../decisions/0042-signals.md).
"""


def report() -> str:
    """Give the report on the shipped recordings."""
    with tempfile.TemporaryDirectory(prefix="chiphour-") as folder:
        archive = Archive(Path(folder))
        ingest(archive, embedded_folder(), compared=True)
        try:
            return text_of(archive)
        finally:
            archive.close()


def text_of(archive: Archive) -> str:
    """Give the report on what an archive holds, up to its last price."""
    _, last_ns = archive.span() or (0, 0)
    questions = Questions.of_archive(archive, max(last_ns - REACH_NS, 0), last_ns)
    _, at_ns = questions.span() or (0, 0)
    found = viability_at(questions, at_ns)
    questions.close()
    judged = [each for each in found if not each.lacking]
    waiting = [each for each in found if each.lacking]
    first = day_from_ns(min(each.first_ns for each in found))
    count = {answer: sum(each.answer == answer for each in found) for answer in ANSWERS}
    parts = (
        "# Can a chip carry a futures market?",
        NOTE,
        f"The shipped recordings, {first} to {day_from_ns(at_ns)}: of {len(found)} chips "
        + ", ".join(f"{number} *{answer}*" for answer, number in count.items())
        + f"; {len(waiting)} of these have too little data to be judged.",
        table(HEAD, map(row_of, judged)),
        MEANS.strip(),
        "## Why",
        "\n".join(f"- **{each.good.name}**: {'; '.join(each.reasons)}." for each in judged),
        "## Too little data",
        "\n".join(f"- {each.good.name}: {_lacks(each)}." for each in waiting),
        "## What the data cannot say",
        "\n".join(
            f"- **{each.good.name}**: {'; '.join(each.cannot_say[COMMON:])}." for each in judged
        ),
        "Of every chip: " + "; ".join(judged[0].cannot_say[:COMMON]) + ".",
    )
    return "\n\n".join(parts) + "\n"


def row_of(each: Viability) -> tuple[str, ...]:
    """Give the cells of a chip's row."""
    return (
        each.good.name,
        each.answer,
        str(each.days),
        str(each.venues),
        f"{each.pairs} ({each.hourly_pairs} by the hour)" if each.hourly_pairs else f"{each.pairs}",
        _percent(each.share_above_fees),
        _percent(each.gap),
        _hours(each.half_life),
        _within(each.skill),
        _within(each.variation),
    )


def _lacks(each: Viability) -> str:
    return ", ".join(f"{one.found} of {one.needed} {one.what}" for one in each.lacking)


def _percent(part: float | None) -> str:
    return "-" if part is None else f"{100 * part:.1f} %"


def _within(found: Estimate | None) -> str:
    if found is None:
        return "-"
    value, low, high = (100 * each for each in found)
    return f"{value:.1f} % ({low:.1f} to {high:.1f})"


def _hours(found: Estimate | None) -> str:
    if found is None:
        return "-"
    value, low, high = ("endless" if each == inf else f"{each:.0f} h" for each in found)
    return f"{value} ({low} to {high})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    """Write the report, or with --check tell whether it is current."""
    text = report()
    if "--check" in sys.argv[1:]:
        sys.exit(0 if FILE.read_text() == text else f"{FILE.name}: expected the report of today")
    FILE.write_text(text)
    print(f"wrote {FILE.name}")


if __name__ == "__main__":
    main()
