"""SCHEMA: each schema is one, and holds what is published to it.

Takes   six days of fixings; records of every kind.
Gives   failures.
Keeps   schema and bytes from one table.
Source  JSON Schema 2020-12.
"""

import json

import jsonschema
import pytest

from chiphour.index.fixing import document_of
from chiphour.publish import schema
from chiphour.publish.columns import object_of
from chiphour.publish.companions import COMPANION_LIST
from chiphour.publish.datasets import FIXING_COLUMNS
from chiphour.publish.datasets import fixing_object
from chiphour.publish.datasets import fixings_json
from chiphour.publish.datasets import series_object
from chiphour.publish.day_page import DATED
from chiphour.publish.news import NEWS_LIST
from chiphour.publish.news import news_of
from chiphour.publish.proof import LOG
from chiphour.publish.references import REFERENCE_LIST
from chiphour.publish.signed import Proof
from chiphour.publish.signed import signed_fix
from chiphour.publish.ticks import TICK_LIST
from published import CW
from published import DATED_ONE
from published import H100
from published import LIVE
from published import LOG_STATE
from published import NO_QA
from published import OPEN
from published import RESTRICTED
from records import FIXED

REAL = FIXED._replace(
    **dict.fromkeys(("inputs_root", "parameters_sha256", "register_sha256"), "ab" * 32),
    members=tuple(member._replace(rows_root="cd" * 32) for member in FIXED.members),
)


def check(name, found):
    validator = jsonschema.Draft202012Validator(schema.schemas()[name])
    validator.validate(found)
    properties = schema.schemas()[name]["properties"]
    assert list(properties) == list(found)


@pytest.mark.parametrize("name", schema.schemas())
def test_every_schema_is_a_schema(name):
    document = schema.schemas()[name]
    jsonschema.Draft202012Validator.check_schema(document)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["$id"] == f"tag:chiphour,2026:schema/{name}"


def test_fixings_series_and_news_are_as_described(fixings):
    for fixing in fixings:
        check("fixing", fixing_object(fixing))
    check("fixings", json.loads(fixings_json(fixings)))
    own = [fixing for fixing in fixings if fixing.series == H100.ticker]
    check("series", series_object(H100, own[-1], own))
    check("series", series_object(H100, None, []))
    news = object_of(NEWS_LIST, news_of(fixings))
    check("news", news)
    check("news-item", news["news"][0])


def test_what_stands_beside_a_fix_is_as_described():
    real = DATED_ONE._replace(fixing=REAL, vintages=(REAL,), sets=(REAL,))
    check("dated", object_of(DATED, real))
    companions = object_of(COMPANION_LIST, [CW, NO_QA])
    check("companions", companions)
    check("companion", companions["companions"][0])
    ticks = object_of(TICK_LIST, [LIVE])
    check("ticks", ticks)
    check("tick", ticks["ticks"][0])
    check("references", object_of(REFERENCE_LIST, [OPEN, RESTRICTED]))
    check("log", object_of(LOG, LOG_STATE))


def test_a_signed_fix_is_as_described():
    proof = Proof(3, b'{"type":"fix"}', (b"\x01" * 32,), "a note")
    found = json.loads(signed_fix(REAL, proof))
    jsonschema.Draft202012Validator(schema.schemas()["signed-fix"]).validate(found)
    assert found["document"] == json.loads(document_of(REAL))


@pytest.mark.parametrize(
    "change",
    [
        {"fix_usd": 3.17},
        {"fix_usd": "3.17"},
        {"state": "carried"},
        {"vintage": "latest"},
        {"strike": "2026-07-20"},
        {"fit": "true"},
        {"kept": None},
        {"inputs_root": "AB"},
    ],
)
def test_what_is_not_so_is_refused(fixings, change):
    validator = jsonschema.Draft202012Validator(schema.schemas()["fixing"])
    assert not validator.is_valid(fixing_object(fixings[0]) | change)


def test_columns_are_the_properties_in_their_order():
    properties = schema.schemas()["fixing"]["properties"]
    assert list(properties) == [column.name for column in FIXING_COLUMNS]
    assert properties["fix_usd"]["type"] == ["string", "null"]
    assert properties["fix_usd"]["description"] == "The fix: US dollars for one GPU-hour."
