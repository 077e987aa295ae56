"""AUDIT: it finds every change, names the first one, and shares no arithmetic.

Takes   a fixing of a small panel, changed in one field after another.
Gives   a failure where the audit agrees with what was not computed.
Keeps   the audit apart from the methodology's code.
Source  docs/methodology/v2026_1.md, "Audit"; decision 0012.
"""

import ast
from datetime import date
from pathlib import Path

import pytest

from chiphour.index import audit as audited
from chiphour.index.audit import audit
from chiphour.index.audit import audit_strike
from chiphour.index.fixing import Fixing
from chiphour.index.series import BY_TICKER
from chiphour.index.v2026_1 import as_final
from chiphour.index.v2026_1 import fix_all
from chiphour.index.v2026_1 import fix_one
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import nanousd_from_text
from chiphour.units import strike_ns
from records import observation

DAY = strike_ns(date(2026, 7, 20))
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


TODAY = rows(DAY + NS_PER_DAY)
PREVIOUS = fix_one(H100, rows(DAY, PRICES | {"aws": "4"}), DAY, None)
PUBLISHED = fix_one(H100, TODAY, DAY + NS_PER_DAY, PREVIOUS)

CHANGES = {
    "methodology": "v2027_1",
    "parameters_sha256": "0" * 64,
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
    "inputs_root": "0" * 64,
    "members": PUBLISHED.members[1:],
    "rejections": (),
    "series": "CHR.H100.SXM.SPOT",
    "strike_ns": DAY,
}


def test_what_the_methodology_publishes_matches():
    assert (PUBLISHED.state, PUBLISHED.kept, PUBLISHED.fit) == ("fixed", 4, True)
    assert audit(PUBLISHED, TODAY, PREVIOUS) is None
    assert audit(as_final(PUBLISHED), TODAY, PREVIOUS) is None
    assert audit(PUBLISHED, [*TODAY[::-1], *TODAY], PREVIOUS) is None


def test_the_changes_below_cover_every_field():
    assert CHANGES.keys() == set(Fixing._fields)


@pytest.mark.parametrize("field", CHANGES)
def test_a_change_of_any_field_is_found(field):
    changed = PUBLISHED._replace(**{field: CHANGES[field]})
    difference = audit(changed, TODAY, PREVIOUS)
    assert difference is not None
    assert "\n" not in difference
    assert ": published " in difference
    if field not in ("series", "strike_ns", "source", "members", "rejections"):
        assert f" {field}: published {CHANGES[field]}, recomputed " in difference


def test_a_changed_row_is_named_by_the_inputs_first():
    changed = [TODAY[0]._replace(price_nanousd=TODAY[0].price_nanousd + 1), *TODAY[1:]]
    difference = audit(PUBLISHED, changed, PREVIOUS)
    assert difference is not None
    assert difference.startswith("CHR.H100.SXM.OD 2026-07-21T00:30:00Z: inputs_root: published ")


def test_a_changed_member_is_named_by_its_place():
    first, *others = PUBLISHED.members
    changed = PUBLISHED._replace(members=(first._replace(rate_numerator=7), *others))
    assert audit(changed, TODAY, PREVIOUS) == (
        "CHR.H100.SXM.OD 2026-07-21T00:30:00Z: members.0.rate_numerator: published 7, "
        "recomputed 1000000000"
    )


def test_another_previous_fixing_is_found():
    other = PREVIOUS._replace(fix_ticks=1)
    assert "fit: published True" in str(audit(PUBLISHED, TODAY, other))


def test_a_series_that_does_not_exist_is_named():
    assert "recomputed nothing of that name" in str(
        audit(PUBLISHED._replace(series="CHR.X"), TODAY, PREVIOUS)
    )


def test_a_strike_is_audited_at_once():
    fixings = fix_all(TODAY, DAY + NS_PER_DAY, {H100.ticker: PREVIOUS})
    answers = audit_strike(fixings, TODAY, {H100.ticker: PREVIOUS})
    assert answers == [None] * len(fixings)


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


def test_the_audit_shares_no_arithmetic_with_the_methodology():
    """It may import records, tables and constants; of functions only ids, JSON and text of time."""
    allowed = {
        "chiphour.index.fixing": {"Fixing", "Member", "Rejection"},
        "chiphour.index.series": {"BY_TICKER"},
        "chiphour.observe.observation": {"Observation", "canonical_json", "observation_id"},
        "chiphour.observe.register": {"REGISTER"},
    }
    for node in ast.walk(ast.parse(Path(audited.__file__).read_text())):
        assert not isinstance(node, ast.Import) or node.names[0].name == "hashlib"
        if not isinstance(node, ast.ImportFrom) or not str(node.module).startswith("chiphour"):
            continue
        names = {name.name for name in node.names}
        if node.module == "chiphour.units":
            assert all(name.isupper() or name == "iso_from_ns" for name in names)
        else:
            assert names <= allowed[str(node.module)]
