"""SCHEMA: the published schema names exactly the fields that a run file has.

Takes   canonical runs, and the schema.
Gives   every object of a run, compared with the schema's at its place.
Keeps   the schema from falling behind the reader.
Source  docs/formulation/auction.md, section 2.
"""

import json
import re

from chiphour.auction.instance import from_fields
from chiphour.auction.instance import to_json
from chiphour.auction.schema import run_schema


def fits(value, schema):
    """Check a value against the few words of JSON Schema that ours uses."""
    if "oneOf" in schema:
        return sum(fits(value, one) for one in schema["oneOf"]) == 1
    if "const" in schema:
        return value == schema["const"]
    if schema["type"] == "object":
        return set(value) == set(schema["required"]) == set(schema["properties"]) and all(
            fits(value[name], found) for name, found in schema["properties"].items()
        )
    if schema["type"] == "array":
        few = len(value) >= schema.get("minItems", 0)
        return few and all(fits(item, schema["items"]) for item in value)
    if schema["type"] == "integer":
        return schema["minimum"] <= value <= schema["maximum"]
    return isinstance(value, str) and bool(re.search(schema.get("pattern", ""), value))


def test_every_canonical_run_fits_the_schema(e1, e2, two_zones):
    two_zones["offers"][0]["blocks"] = [{"quantity": "100", "price": "1"}]
    for fields in (e1, e2, two_zones):
        assert fits(json.loads(to_json(from_fields(fields))), run_schema())


def test_the_schema_refuses_other_fields_and_kinds(e1):
    written = json.loads(to_json(from_fields(e1)))
    assert not fits(written | {"tier": "spot"}, run_schema())
    written["bids"][0]["kind"] = "gang"
    assert not fits(written, run_schema())
