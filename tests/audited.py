"""AUDITED: what the audit is given, as plain JSON, made from our own records.

Takes   observations, fixings, parameter sets.
Gives   `rows_of`, `plain`, `tables_of`; `audit`, which asks the audit about one fixing.
Keeps   the way that a bundle goes: every record through its canonical JSON.
Source  Decision 0012.
"""

import json

from chiphour.audit.rows import read_row
from chiphour.audit.rules import Tables
from chiphour.audit.rules import audit_strike
from chiphour.index.fixing import document_of
from chiphour.index.parameters import SETS
from chiphour.index.series import ALL_SERIES
from chiphour.observe.observation import canonical_bytes
from chiphour.observe.observation import canonical_json
from chiphour.observe.register import REGISTER
from chiphour.observe.register import REGISTER_SHA256


def plain(fixing):
    """Give a fixing as its JSON says it."""
    return json.loads(document_of(fixing))


def rows_of(observations):
    """Give observations as the rows that the audit reads."""
    return [read_row(canonical_bytes(seen)) for seen in observations]


def tables_of(*parameters):
    """Give the tables, with these parameter sets beside those of every day."""
    sets = [found._asdict() for found in (*SETS.values(), *parameters)]
    words = {
        "series": [each._asdict() | {"filter": each.filter._asdict()} for each in ALL_SERIES],
        "register": {name: row._asdict() for name, row in REGISTER.items()},
        "parameters": {found["parameter_set"]: found for found in sets},
    }
    tables = json.loads(canonical_json(words))
    by_ticker = {each["ticker"]: each for each in tables["series"]}
    return Tables(by_ticker, tables["register"], REGISTER_SHA256, tables["parameters"])


TABLES = tables_of()


def audit(fixing, observations, previous, tables=TABLES, revision=None):
    """Audit one fixing: None, or the first difference."""
    before = {} if previous is None else {(fixing.series, fixing.parameter_set): plain(previous)}
    changes = {} if revision is None else {revision["id"]: revision}
    return audit_strike([plain(fixing)], rows_of(observations), before, tables, changes)[0]
