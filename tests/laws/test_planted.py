"""TEST PLANTED: a fault planted in the kernel is found: the laws see what they are there to see.

Takes   a copy of the sources, one line of it made wrong; flows from seeds, in a process of its own.
Gives   a failure when a fault stays unseen, or when the copy without one is found at fault.
Keeps   the faults small: one place in a queue, one micro-dollar, one lot.
Source  Rulebook 9.1, 11.1, 6.3; STYLE.md, "Laws".
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import chiphour

SOURCE = Path(chiphour.__file__).parent
TESTS = Path(__file__).resolve().parents[1]
SEEDS = 40  # A fault is found within so many.

# A file of the kernel, what stands there once, and what is planted in its place.
TIME_PRIORITY = (
    "exchange/book.py",
    "        row = state.levels[opposite * window + rank, col.LEVEL_FIRST]\n        maker",
    "        row = state.levels[opposite * window + rank, col.LEVEL_FIRST]\n"
    "        row = row if state.orders[row, col.ORDER_NEXT] == NONE else"
    " state.orders[row, col.ORDER_NEXT]\n        maker",
)
TAKERS_ROUNDING = ("exchange/fees.py", "whole = ppm_up(worth", "whole = ppm_down(worth")
MARGIN_RELEASE = (
    "exchange/resting.py",
    "        -lots * state.orders[row, col.ORDER_RESERVE],\n",
    "        -(lots - 1) * state.orders[row, col.ORDER_RESERVE],\n",
)


@pytest.fixture
def planted(tmp_path):
    """Give a function that copies the sources, plants a fault, and tells who saw it."""

    def plant(seeds, name="", found="", wrong=""):
        copy = tmp_path / "chiphour"
        shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        if name:
            text = (copy / name).read_text()
            assert text.count(found) == 1, f"{name}: expected once: {found}"
            (copy / name).write_text(text.replace(found, wrong))
        places = os.pathsep.join([str(tmp_path), str(TESTS)])
        environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": places}
        words = [sys.executable, "-m", "laws.test_planted", str(copy), str(seeds)]
        done = subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return plant


@pytest.mark.long
@pytest.mark.suite
def test_the_copy_without_a_fault_is_found_at_none(planted):
    assert planted(6) == {}


@pytest.mark.long
@pytest.mark.suite
def test_an_order_that_is_passed_over_in_its_queue_is_seen(planted):
    seen = planted(SEEDS, *TIME_PRIORITY)
    assert "kernel says otherwise" in seen["twins"]
    assert seen["laws"].startswith("expected [")  # `front_violations` alone.


@pytest.mark.long
@pytest.mark.suite
def test_a_fee_that_is_rounded_for_the_taker_is_seen(planted):
    seen = planted(SEEDS, *TAKERS_ROUNDING)
    assert "kernel says otherwise" in seen["twins"]
    assert "rounded up" in seen["laws"]


@pytest.mark.long
@pytest.mark.suite
def test_a_reserve_that_is_kept_is_seen(planted):
    seen = planted(SEEDS, *MARGIN_RELEASE)
    assert "twins" in seen
    assert "reserve" in seen["laws"]  # The invariant of positions and orders alone.


def search(copy, seeds):
    """Run flows through the kernel of a copy; give what was first seen, by whom."""
    from chiphour.exchange.engine import Engine  # Here it is the copy's.
    from chiphour.exchange.reference import Reference
    from chiphour.simulate.storm_hand import seeded
    from laws.held import Witness

    assert Path(chiphour.__file__).parent == Path(copy)
    seen = {}
    for seed in range(seeds):
        limits, rows = seeded(seed, 300)
        reference, engine, witness = Reference(limits), Engine(limits), Witness(limits)
        before = engine.sections()
        for row in rows:
            expected = reference.apply(row[None])
            try:
                events = engine.apply(row[None])
            except AssertionError:
                seen.setdefault("kernel", f"seed {seed}: the kernel stops")  # It checks itself.
                break
            after = engine.sections()
            found = witness.faults(before, row, events, after)
            before = after
            if expected.tolist() != events.tolist() or reference.digest() != engine.digest():
                seen.setdefault("twins", f"seed {seed}: the kernel says otherwise")
            if found:
                seen.setdefault("laws", found[0])
            if {"twins", "laws"} <= seen.keys():
                return seen
    return seen


if __name__ == "__main__":
    sys.stdout.write(json.dumps(search(sys.argv[1], int(sys.argv[2]))))
