"""TEST COMPANIONS: the registry of companions.

Takes   the folder; a small panel.
Gives   claims on what the walk finds.
Keeps   every companion of every fixing there, with a value or a reason.
Source  Decision 0021.
"""

import subprocess
import sys
from pathlib import Path

from chiphour.index import companions
from chiphour.index.companion import REASONS
from chiphour.index.companions import companions_of
from chiphour.index.companions import variants


def test_every_file_of_the_folder_is_a_companion():
    files = {path.stem for path in Path(companions.__file__).parent.glob("*.py")} - {"__init__"}
    assert {variant.lower() for variant in variants()} == files
    assert list(variants()) == sorted(variants())


def test_each_says_what_it_measures_and_that_nothing_settles_on_it():
    for each in variants().values():
        assert "o contract settles on it." in each.MEASURES, each.VARIANT


def test_a_fixing_has_every_companion_with_a_value_or_a_reason(given):
    for rates in ({"a": "2", "b": "3", "c": "4"}, {"a": "2"}, {}):
        found = companions_of(given(rates))
        assert [each.variant for each in found] == list(variants())
        for each in found:
            assert (each.value is None) == (each.state == "suppressed") == (each.reason in REASONS)
            assert each.series == "CHR.H100.SXM.OD"


def test_a_suppressed_headline_has_no_companion_that_rests_on_it(given):
    found = {each.variant: each for each in companions_of(given({"a": "2", "b": "3"}))}
    for variant in ("BASIS", "BANDWIDTH", "BF16", "CW", "SM", "TOKENS"):
        assert found[variant].reason == "HEADLINE_SUPPRESSED", variant


def test_the_methodology_does_not_load_them():
    """A fix is made in a process in which no companion was ever imported."""
    program = (
        "import sys, chiphour.index.v2026_1; "
        "print([n for n in sys.modules if 'companion' in n or n.endswith(('.baskets', '.quality', "
        "'.transacted', '.references', '.distribution'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
