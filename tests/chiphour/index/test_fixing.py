"""FIXING: the record and its JSON.

Takes   a fixing with members and rejections.
Gives   a failure where a field is lost or changed on the way to JSON and back.
Keeps   what is stored equal to what was computed.
Source  Methodology v2026_1, "Publication".
"""

import hashlib
import json

import pytest

from chiphour.index.fixing import document_of
from chiphour.index.fixing import fixing_sha256
from chiphour.index.fixing import from_json
from chiphour.index.fixing import to_json
from chiphour.observe.observation import canonical_json
from records import fixing

FIXING = fixing()


def test_a_fixing_comes_back_from_its_json_as_it_was():
    text = canonical_json(to_json(FIXING))
    again = from_json(json.loads(text))
    assert again == FIXING
    assert isinstance(again.members[0].venues, tuple)
    assert canonical_json(to_json(again)) == text


def test_the_document_is_the_canonical_json_and_its_hash_names_it():
    document = document_of(FIXING)
    assert document == canonical_json(to_json(FIXING)).encode()
    assert fixing_sha256(FIXING) == hashlib.sha256(document).hexdigest()
    changed = FIXING._replace(notes=())
    assert fixing_sha256(changed) != fixing_sha256(FIXING), "notes are part of what is published"


def test_an_unknown_or_missing_field_is_refused():
    record = to_json(FIXING)
    with pytest.raises(TypeError):
        from_json(record | {"surprise": 1})
    del record["grade"]
    with pytest.raises(TypeError):
        from_json(record)
