"""RULES: the audit finds every change, names the first one, and shares nothing with the index.

Takes   a fixing of a small panel, changed in one field after another.
Gives   a failure where the audit agrees with what was not computed.
Keeps   the audit apart from the rest: no import of ours, none beyond Python's library.
Source  docs/methodology/v2026_1.md, "Transparency"; decision 0012.
"""

import ast
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

import chiphour.audit as package
from audited import TABLES
from audited import audit
from audited import plain
from audited import rows_of
from chiphour.audit.rows import batch_of
from chiphour.audit.rows import window_of
from chiphour.audit.rules import CAUSES
from chiphour.audit.rules import FIELDS
from chiphour.audit.rules import TEXT
from chiphour.audit.rules import TEXT_SETS
from chiphour.audit.rules import audit_fixing
from chiphour.audit.rules import audit_strike
from chiphour.audit.rules import canonical_text
from chiphour.audit.rules import sha256_text
from chiphour.audit.rules import text_difference
from chiphour.index.fixing import Fixing
from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import Parameters
from chiphour.index.parameters import parameters_sha256
from chiphour.index.series import BY_TICKER
from chiphour.index.v2026_1 import as_final
from chiphour.index.v2026_1 import as_revised
from chiphour.index.v2026_1 import fix_one
from chiphour.index.v2026_1 import fix_sets
from chiphour.observe.observation import observation_id
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import nanousd_from_text
from chiphour.units import strike_ns
from records import observation

DAY = strike_ns(date(2026, 7, 20))
NEXT = DAY + NS_PER_DAY
H100 = BY_TICKER["CHR.H100.SXM.OD"]
PRICES = {"coreweave": "3", "crusoe": "3.1", "lambda": "3.3", "nebius": "3.35", "ovh": "9"}


def rows(strike, prices=PRICES):
    return [
        observation(
            venue=venue,
            price_nanousd=nanousd_from_text(usd),
            gpus=3,
            observed_ns=strike - NS_PER_HOUR,
        )
        for venue, usd in prices.items()
    ]


PREVIOUS = fix_one(H100, rows(DAY, PRICES | {"aws": "4", "scaleway": "3"}), DAY, None)
TODAY = rows(NEXT, PRICES | {"vultr": "30"})  # A unit error, and one venue is missing.
SEEN = [*rows(DAY, {"scaleway": "3"}), *TODAY]
PUBLISHED = fix_one(H100, SEEN, NEXT, PREVIOUS)

CHANGES = {
    "methodology": "v2027_1",
    "parameter_set": "robust",
    "parameters_sha256": "0" * 64,
    "register_sha256": "0" * 64,
    "source": "other",
    "state": "suppressed",
    "reason": "STALE",
    "fix_ticks": 10_668,
    "grade": "A",
    "panel": 6,
    "kept": 5,
    "interval_low_ticks": None,
    "interval_high_ticks": 0,
    "level_ppm": 950_000,
    "fit": False,
    "previous_strike_ns": 1,
    "change_ticks": 1,
    "matched_ticks": 1,
    "screen_ticks": 1,
    "composition_ticks": 1,
    "vintage": "revised",
    "known_ns": DAY,
    "revision": "REV-2026-001",
    "inputs_root": "0" * 64,
    "members": PUBLISHED.members[1:],
    "rejections": (),
    "notes": (),
    "series": "CHR.H100.SXM.SPOT",
    "strike_ns": DAY,
}
REVISION = {"id": "REV-2026-001", "known_ns": NEXT + 3 * NS_PER_DAY, "struck": [], "added": []}


def test_what_the_methodology_publishes_matches():
    assert (PUBLISHED.state, PUBLISHED.kept, PUBLISHED.fit) == ("fixed", 4, True)
    assert {word.rule for word in (*PUBLISHED.rejections, *PUBLISHED.notes)} == {
        *("UNIT", "SCREEN", "OUTAGE")
    }
    assert audit(PUBLISHED, SEEN, PREVIOUS) is None
    assert audit(as_final(PUBLISHED), SEEN, PREVIOUS) is None
    assert audit(PUBLISHED, [*SEEN[::-1], *SEEN], PREVIOUS) is None


def test_the_changes_below_cover_every_field():
    assert CHANGES.keys() == set(Fixing._fields) == set(FIELDS)
    assert Fixing._fields == FIELDS
    assert set(CAUSES) < set(FIELDS)


@pytest.mark.parametrize("field", CHANGES)
def test_a_change_of_any_field_is_found(field):
    changed = PUBLISHED._replace(**{field: CHANGES[field]})
    difference = audit(changed, SEEN, PREVIOUS)
    assert difference is not None
    assert "\n" not in difference
    assert ": published " in difference
    elsewhere = ("series", "strike_ns", "source", "members", "rejections", "notes", "vintage")
    if field not in (*elsewhere, "parameter_set"):
        assert f" {field}: published {CHANGES[field]}, recomputed " in difference


def test_a_changed_row_is_named_by_the_inputs_first():
    changed = [*SEEN[:-1], SEEN[-1]._replace(price_nanousd=SEEN[-1].price_nanousd + 1)]
    difference = audit(PUBLISHED, changed, PREVIOUS)
    assert difference is not None
    assert difference.startswith("CHR.H100.SXM.OD 2026-07-21T00:30:00Z: inputs_root: published ")


def test_a_changed_member_is_named_by_its_place():
    first, *others = PUBLISHED.members
    changed = PUBLISHED._replace(members=(first._replace(rate_numerator=7), *others))
    assert audit(changed, SEEN, PREVIOUS) == (
        "CHR.H100.SXM.OD 2026-07-21T00:30:00Z: members.0.rate_numerator: published 7, "
        "recomputed 1000000000"
    )


def test_another_previous_fixing_is_found():
    other = PREVIOUS._replace(fix_ticks=9_000)
    assert "fit: published True" in str(audit(PUBLISHED, SEEN, other))


def window():
    return window_of([batch_of(rows_of(SEEN))], NEXT)


def test_a_value_of_another_kind_and_a_field_too_many_or_too_few_are_found():
    record, before = plain(PUBLISHED), plain(PREVIOUS)
    where = "CHR.H100.SXM.OD 2026-07-21T00:30:00Z"
    assert audit_fixing(record, window(), before, TABLES) is None
    assert audit_fixing(record | {"fit": 1}, window(), before, TABLES) == (
        f"{where}: fit: published 1, recomputed True"
    )
    members = [record["members"][0] | {"more": 1}, *record["members"][1:]]
    assert audit_fixing(record | {"members": members}, window(), before, TABLES) == (
        f"{where}: members.0.more: published 1, recomputed None"
    )
    assert audit_fixing(record | {"more": 1}, window(), before, TABLES) == (
        f"{where}: more: published 1, recomputed None"
    )
    record.pop("grade")
    assert "grade: published nothing" in str(audit_fixing(record, window(), before, TABLES))


@pytest.mark.parametrize(
    ("field", "value"),
    [("series", "CHR.X"), ("parameter_set", "mine"), ("vintage", "early"), ("strike_ns", DAY)],
)
def test_what_does_not_exist_is_named(field, value):
    record = plain(PUBLISHED) | {field: value}
    difference = str(audit_fixing(record, window(), None, TABLES))
    assert f": {field}: published {value}, recomputed " in difference


def test_a_revision_strikes_rows_lets_late_ones_in_and_must_be_there():
    late = TODAY[0]._replace(venue="digitalocean", received_ns=NEXT + NS_PER_DAY)
    open_late = V2026_1._replace(close_ns=2 * NS_PER_DAY)
    fixing = fix_one(H100, [*SEEN[:-1], late], NEXT, PREVIOUS, "", open_late)
    exact = fixing._replace(parameters_sha256=PUBLISHED.parameters_sha256)
    revised = as_revised(exact, REVISION["id"], REVISION["known_ns"])
    struck, added = [observation_id(SEEN[-1])], [observation_id(late)]
    revision = REVISION | {"struck": struck, "added": added, "strikes_ns": [NEXT]}
    seen = [*SEEN, late]
    assert audit(revised, seen, PREVIOUS, revision=revision) is None
    for fault in ({"struck": []}, {"added": []}):
        assert "inputs_root" in str(audit(revised, seen, PREVIOUS, revision=revision | fault))
    for wrong in (None, revision | {"strikes_ns": [DAY]}):
        assert "revision: published REV-2026-001, recomputed nothing of that name" in str(
            audit(revised, seen, PREVIOUS, revision=wrong)
        )


def test_a_strike_of_all_sets_is_audited_at_once():
    before = {"v2026_1": {H100.ticker: PREVIOUS}}
    fixings = [each for found in fix_sets(SEEN, NEXT, before).values() for each in found]
    previous = {(H100.ticker, "v2026_1"): plain(PREVIOUS)}
    answers = audit_strike([plain(each) for each in fixings], rows_of(SEEN), previous, TABLES)
    assert answers == [None] * len(SETS) * len(BY_TICKER)
    assert audit_strike([], [], {}, TABLES) == []


def test_a_rate_exactly_at_the_limit_stays_by_both():
    """Three at 2 dollars, one 1.5 percent away: three times the floor of half a percent."""
    seen = rows(DAY, {"coreweave": "6", "crusoe": "6", "lambda": "6", "nebius": "6.09"})
    at_limit = fix_one(H100, seen, DAY, None)
    assert at_limit.kept == 4
    assert audit(at_limit, seen, None) is None


def test_a_book_that_was_screened_out_does_not_raise_the_grade_by_both():
    """Six marketplaces at 2 dollars, a book at 9: it goes, and no book stands behind the fix."""
    names = ("runpod", "salad", "sfcompute", "spheron", "tensordock", "thundercompute")
    cards = [card._replace(tenor="SPOT") for card in rows(DAY, dict.fromkeys(names, "6"))]
    offers = [
        card._replace(
            tenor="SPOT",
            feed="book",
            machine_key=f"m{machine}",
            host_key=f"h{machine}",
            observed_ns=DAY - poll,
        )
        for card in rows(DAY, {"vast": "27"})
        for machine in range(5)
        for poll in (1, 2)
    ]
    series = BY_TICKER["CHR.H100.SXM.SPOT"]
    fixing = fix_one(series, cards + offers, DAY, None)
    assert (fixing.panel, fixing.kept, fixing.grade) == (7, 6, "C")
    assert audit(fixing, cards + offers, None) is None


def test_the_numbers_of_the_text_are_those_of_the_program():
    assert TEXT.keys() == set(Parameters._fields)
    for name, found in SETS.items():
        assert text_difference(TABLES.parameters[name]) is None
        assert sha256_text(canonical_text(TABLES.parameters[name])) == parameters_sha256(found)
    assert TEXT_SETS.keys() == SETS.keys()


def test_a_number_that_the_text_does_not_state_is_told():
    found = TABLES.parameters["robust"]
    assert text_difference(found | {"members_min": 2}) == (
        "parameter set robust: members_min: published 2, the text states 3"
    )
    assert "screened: published 1, " in str(text_difference(found | {"screened": 1}))
    assert "more: published 1, " in str(text_difference(found | {"more": 1}))
    assert "none of that name" in str(text_difference({"parameter_set": "custom"}))


def programs():
    return sorted(Path(package.__file__).parent.glob("*.py"))


def test_the_audit_imports_nothing_of_ours_and_nothing_beyond_python():
    for path in programs():
        for node in ast.walk(ast.parse(path.read_text())):
            names = [name.name for name in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [str(node.module)]
            for name in names:
                ours = name.startswith("chiphour.audit.")
                assert ours or name.split(".")[0] in sys.stdlib_module_names, (path.name, name)
                assert name not in ("fractions", "decimal", "statistics"), (path.name, name)


def test_no_two_files_of_the_audit_define_one_name():
    """They are joined into one program."""
    defined = Counter()
    for path in programs():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                defined[node.name] += 1
            elif isinstance(node, ast.Assign):
                defined.update({name.id for name in node.targets if isinstance(name, ast.Name)})
            elif isinstance(node, ast.AnnAssign):
                defined[node.target.id] += 1
    assert [name for name, count in defined.items() if count > 1] == []
