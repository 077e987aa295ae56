"""RECORDS: an observation and a fixing, whole, of which a test names what matters to it.

Takes   the fields that a test cares about, by name.
Gives   `observation`, `fixing` and `venue`: the record with those fields, the others sound.
Keeps   the one place that writes down all fields of a record that need not be real.
Source  Methodology v2026_1, "Observations" and "Publication".
"""

from typing import Any

from chiphour.index.fixing import Fixing
from chiphour.index.fixing import Member
from chiphour.index.fixing import Note
from chiphour.index.fixing import Rejection
from chiphour.observe.observation import Observation
from chiphour.observe.venue import Venue

CARD = Observation(
    source="snapshot",
    venue="lambda",
    feed="posted",
    kind="list",
    chip="H100",
    form="SXM",
    memory_gb=80,
    tenor="OD",
    price_nanousd=3 * 10**9,
    gpus=1,
    machine_key="",
    host_key="",
    terms="{}",
    spec="{}",
    flags=(),
    observed_ns=0,
    received_ns=0,
    raw_sha256="",
    row="",
    reader_version="1",
)
FIXED = Fixing(
    series="CHR.H100.SXM.OD",
    strike_ns=1_784_507_400_000_000_000,
    methodology="v2026_1",
    parameter_set="v2026_1",
    parameters_sha256="ab",
    register_sha256="ef",
    source="",
    state="fixed",
    reason="",
    fix_ticks=31_700,
    grade="B",
    panel=2,
    kept=1,
    interval_low_ticks=31_000,
    interval_high_ticks=None,
    level_ppm=900_000,
    fit=True,
    previous_strike_ns=None,
    change_ticks=None,
    matched_ticks=None,
    screen_ticks=None,
    composition_ticks=None,
    vintage="provisional",
    known_ns=1_784_507_700_000_000_000,
    revision="",
    inputs_root="cd",
    members=(
        Member("verda", ("datacrunch", "verda"), 10**12 + 1, 3, True, 2, "aa"),
        Member("lambda", ("lambda",), 3 * 10**9, 1, False, 1, "bb"),
    ),
    rejections=(Rejection("lambda", "SCREEN", "2.0", "1.0"),),
    notes=(Note("ovh", "OUTAGE", "2026-07-19T12:00:00Z", "a price in the window"),),
)


ACME = Venue(
    name="acme",
    publisher="Acme",
    terms="none",
    description="none",
    site="none",
    recordings=(),
    cadence="daily",
    feed="posted",
    evidence="recorded",
    reader_version="acme-1",
)


def observation(observed_ns: int = 0, **fields: Any) -> Observation:
    """Give the price of one H100 SXM on a rate card, without a flag, received when it was seen."""
    return CARD._replace(**{"observed_ns": observed_ns, "received_ns": observed_ns} | fields)


def fixing(**fields: Any) -> Fixing:
    """Give a fixing with two members, a rejection and a note, some of its optional fields empty."""
    return FIXED._replace(**fields)


def venue(**fields: Any) -> Venue:
    """Give a source with a rate card that proved itself on recorded bytes."""
    return ACME._replace(**fields)
