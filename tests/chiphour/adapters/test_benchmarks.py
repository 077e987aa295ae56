"""BENCHMARKS: what is shipped is what the makers state, and a file given is in the register.

Takes   the shipped folder; files of a test.
Gives   the register.
Keeps   the shipped figures equal to the table of hardware/throughput.py.
Source  docs/formulation/runs.md, section 10.
"""

from fractions import Fraction

import pytest

from chiphour.adapters.benchmarks import FILE_BYTES_MAX
from chiphour.adapters.benchmarks import FOLDER
from chiphour.adapters.benchmarks import benchmarks
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.register import STATED_PEAK
from chiphour.auction.register import to_json
from chiphour.hardware.throughput import DATED
from chiphour.hardware.throughput import THROUGHPUTS

DOMAINS = {"SXM": "node8", "": "any"}


def stated(figure):
    """The stated figures by chip and domain, in picounits per chip-hour."""
    return {
        (row.chip, "nvl72" if row.chip == "GB200" else DOMAINS[row.form], row.source): figure(row)
        for row in THROUGHPUTS
        if row.form in DOMAINS
    }


@pytest.mark.parametrize(
    ("workload_class", "unit", "figure"),
    [
        (
            "training.bf16_pflop",
            "PFLOP",
            lambda row: Fraction(row.dense_bf16_gflops * 3_600, 10**6) * PICOS,
        ),
        ("memory.tb", "TB", lambda row: Fraction(row.memory_gb_per_s * 3_600, 10**3) * PICOS),
    ],
)
def test_what_is_shipped_is_what_the_makers_state(workload_class, unit, figure):
    (benchmark,) = benchmarks().of_class(workload_class, STATED_PEAK)
    assert (benchmark.unit, benchmark.dated.isoformat()) == (unit, DATED)
    assert "not a measurement" in benchmark.notes
    found = {(row.chip, row.domain, row.source): row.rate_picos for row in benchmark.rows}
    assert found == stated(figure)


def test_every_file_of_the_folder_is_in_the_register():
    assert len(benchmarks().by_name) == len(list(FOLDER.glob("*.json"))) == 2


def test_a_file_that_is_given_is_in_the_register(tmp_path):
    (shipped,) = benchmarks().of_class("memory.tb", STATED_PEAK)
    other = shipped._replace(notes="another")
    (tmp_path / "other.json").write_bytes(to_json(other))
    assert benchmarks([tmp_path / "other.json"]).named(other.name) == other
    with pytest.raises(RequestMalformed, match="expected a benchmark of the register"):
        benchmarks().named(other.name)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    path = tmp_path / "x.json"
    with pytest.raises(RequestMalformed, match=r"x\.json: expected a benchmark file"):
        benchmarks([path])
    path.write_bytes(b"[]")
    with pytest.raises(RequestMalformed, match=r"x\.json: expected an object"):
        benchmarks([path])
    path.write_bytes(bytes(FILE_BYTES_MAX + 1))
    with pytest.raises(RequestMalformed, match="expected at most"):
        benchmarks([path])
