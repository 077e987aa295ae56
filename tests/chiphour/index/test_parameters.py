"""PARAMETERS: the three sets, and what a changed number may be.

Takes   the sets; changes as JSON has them.
Gives   a failure where a set is another than the text says, or nonsense is taken.
Keeps   each refusal one line that says what was expected and found.
Source  Methodology v2026_1; decision 0016.
"""

import pytest

from chiphour.index.parameters import PLAIN
from chiphour.index.parameters import ROBUST
from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import ParametersRefused
from chiphour.index.parameters import changed
from chiphour.index.parameters import parameters_sha256


def differing(one, other):
    return {name for name in one._fields if getattr(one, name) != getattr(other, name)}


def test_the_sets_differ_by_their_screen():
    assert list(SETS) == ["v2026_1", "robust", "plain"]
    assert differing(V2026_1, ROBUST) == {"parameter_set", "screen_scale_ppm"}
    assert differing(V2026_1, PLAIN) == {"parameter_set", "screened"}
    assert len({parameters_sha256(each) for each in SETS.values()}) == 3


def test_a_changed_set_is_custom_and_has_its_own_hash():
    found = changed({"screen_multiple": 4, "grade_members_min": [["A", 9], ["B", 5], ["C", 3]]})
    assert found.parameter_set == "custom"
    assert found.grade_members_min == (("A", 9), ("B", 5), ("C", 3))
    assert differing(V2026_1, found) == {"parameter_set", "screen_multiple", "grade_members_min"}
    assert parameters_sha256(found) != parameters_sha256(V2026_1)


def test_every_number_in_force_is_one_that_could_be_asked_for():
    settable = {
        name: value
        for name, value in V2026_1._asdict().items()
        if name not in ("parameter_set", "methodology")
    }
    assert changed(settable) == V2026_1._replace(parameter_set="custom")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"screen": 3}, "found 'screen'"),
        ({"methodology": "other"}, "found 'methodology'"),
        (
            {"screen_multiple": 0},
            "screen_multiple: expected a whole number from 1 to 1000, found 0",
        ),
        ({"screen_multiple": 3.0}, "found 3.0"),
        ({"screen_multiple": True}, "found True"),
        ({"screened": 1}, "screened: expected true or false, found 1"),
        ({"roles": "eligible"}, "roles: expected a list of words, found 'eligible'"),
        ({"roles": ["eligible", "unknown"]}, "candidate, publisher, found ['unknown']"),
        ({"members_min": 2}, "members_min: expected a whole number from 3 to 100, found 2"),
        ({"host_share_max_ppm": 100_000}, "capped_hosts_min: expected so many hosts"),
        ({"interval_level_ppm": 950_000}, "from 500000 to 900000, found 950000"),
        ({"grade_members_min": [["A", 7]]}, "grade_members_min: expected pairs such as"),
        ({"grade_members_min": [["A", 3], ["B", 5], ["C", 3]]}, "expected the best first"),
        ({"grade_members_min": [["A", 7], ["B", 5], ["C", 4]]}, "expected a grade for every fix"),
        (
            {"memory_ns": 2 * 86_400 * 10**9, "carry_stretch_ns": 2 * 86_400 * 10**9},
            "within memory",
        ),
    ],
)
def test_what_no_methodology_can_be_is_refused(changes, words):
    with pytest.raises(ParametersRefused, match=r"^parameters: ") as refused:
        changed(changes)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
