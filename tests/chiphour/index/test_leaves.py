"""LEAVES: one spelling of each leaf, and nothing else is read.

Takes   fixings, events, bytes that differ a little from a leaf.
Gives   the claims of `index/leaves.py`, each a test.
Keeps   the leaf of a fixing to the hash of its whole document.
Source  Methodology, "Publication"; decision 0018.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.index.fixing import fixing_sha256
from chiphour.index.leaves import EVENTS
from chiphour.index.leaves import Batch
from chiphour.index.leaves import Event
from chiphour.index.leaves import Fix
from chiphour.index.leaves import LeafRefused
from chiphour.index.leaves import batch_leaf
from chiphour.index.leaves import event_leaf
from chiphour.index.leaves import fix_leaf
from chiphour.index.leaves import leaf_from
from chiphour.observe.observation import canonical_json
from records import FIXED

STRIKE_NS = 1_784_507_400_000_000_000
KNOWN_NS = STRIKE_NS + 300 * 10**9
ROOT = "ab" * 32
BATCH = batch_leaf(STRIKE_NS, KNOWN_NS, 2_847, ROOT)
FIX = fix_leaf(FIXED, KNOWN_NS, ROOT)
OUTAGE = {"kind": "outage", "venue": "vast", "from": "2026-07-20T00:00:00Z", "why": "é \u2028"}
EVENT = event_leaf(OUTAGE, KNOWN_NS)


def test_leaves_are_spelled_as_the_specification_says():
    assert (
        b'{"root":"' + ROOT.encode() + b'","rows":2847,"strike":"2026-07-20T00:30:00Z",'
        b'"time":"2026-07-20T00:35:00Z","type":"batch"}'
    ) == BATCH
    assert (
        b'{"batch":"' + ROOT.encode() + b'","parameter_set":"v2026_1","revision":"",'
        b'"series":"CHR.H100.SXM.OD","sha256":"' + fixing_sha256(FIXED).encode() + b'",'
        b'"strike":"2026-07-20T00:30:00Z","time":"2026-07-20T00:35:00Z","type":"fix",'
        b'"vintage":"provisional"}'
    ) == FIX
    assert EVENT == (
        b'{"event":{"from":"2026-07-20T00:00:00Z","kind":"outage","venue":"vast",'
        b'"why":"\\u00e9 \\u2028"},"time":"2026-07-20T00:35:00Z","type":"event"}'
    )


def test_leaves_are_read_back():
    assert leaf_from(BATCH) == Batch(STRIKE_NS, KNOWN_NS, 2_847, ROOT)
    sha256 = fixing_sha256(FIXED)
    assert leaf_from(FIX) == Fix(
        *(KNOWN_NS, "CHR.H100.SXM.OD", STRIKE_NS, "v2026_1", "provisional", "", sha256, ROOT)
    )
    assert leaf_from(EVENT) == Event(KNOWN_NS, OUTAGE)


def test_revised_fixing_names_its_event():
    revised = FIXED._replace(vintage="revised", revision="REV-2026-001")
    found = leaf_from(fix_leaf(revised, KNOWN_NS, ROOT))
    assert (found.vintage, found.revision) == ("revised", "REV-2026-001")


@pytest.mark.parametrize("kind", EVENTS)
def test_event_says_at_least_what_its_kind_must(kind):
    whole = {"kind": kind, **dict.fromkeys(EVENTS[kind], "x"), "more": [1, None]}
    assert leaf_from(event_leaf(whole, KNOWN_NS)).event == whole
    for name in EVENTS[kind]:
        less = {key: value for key, value in whole.items() if key != name}
        with pytest.raises(LeafRefused, match=f"expected an event {kind} with {name}"):
            event_leaf(less, KNOWN_NS)


@pytest.mark.parametrize("leaf", [BATCH, FIX, EVENT])
def test_another_spelling_is_refused(leaf):
    fields = json.loads(leaf)
    turned = dict(reversed(fields.items()))
    spellings = (
        json.dumps(fields).encode(),
        json.dumps(turned, separators=(",", ":")).encode(),
        *(leaf + b" ", leaf + b"\n", leaf[:-1], b" " + leaf, b"\xff" + leaf, b""),
        leaf.replace(b"00:35:00Z", b"00:35:00.000000Z"),
        leaf.replace(b"00:35:00Z", b"00:35:00+00:00"),
        leaf.replace(b"2026-07-20T00:35", b"2026-02-30T00:35"),
        leaf[:-1] + b',"type":"fix"}',
    )
    for each in spellings:
        with pytest.raises(LeafRefused):
            leaf_from(each)


@pytest.mark.parametrize("leaf", [BATCH, FIX, EVENT])
@given(data=st.data())
def test_an_unknown_field_type_or_value_is_refused(leaf, data):
    fields = json.loads(leaf)
    change = data.draw(st.sampled_from(["add", "drop", "type", "value"]))
    name = data.draw(st.sampled_from(sorted(set(fields) - {"type"})))
    if change == "add":
        fields["added"] = "x"
    elif change == "drop":
        del fields[name]
    elif change == "type":
        fields["type"] = data.draw(st.sampled_from(["", "fixing", "Batch", 1, None]))
    else:
        fields[name] = data.draw(st.sampled_from([True, None, -1, 1.5, [], {}, "ä", '"', "a/b"]))
    with pytest.raises(LeafRefused):
        leaf_from(canonical_json(fields).encode())


def test_what_is_no_json_is_never_written():
    for value in (float("nan"), {1, 2}, b"x"):
        with pytest.raises(LeafRefused, match="expected JSON values in a leaf"):
            event_leaf({"kind": "erratum", "cause": value}, KNOWN_NS)
    for root in ("", "ab", "AB" * 32, ROOT + "\n"):
        with pytest.raises(LeafRefused):
            batch_leaf(STRIKE_NS, KNOWN_NS, 1, root)
    with pytest.raises(LeafRefused):
        batch_leaf(STRIKE_NS, KNOWN_NS, -1, ROOT)


def test_leaf_above_65535_bytes_is_refused():
    most = 65_535 - len(event_leaf({"kind": "erratum", "cause": ""}, KNOWN_NS))
    assert len(event_leaf({"kind": "erratum", "cause": "x" * most}, KNOWN_NS)) == 65_535
    with pytest.raises(LeafRefused, match="at most 65535 bytes, found 65536"):
        event_leaf({"kind": "erratum", "cause": "x" * (most + 1)}, KNOWN_NS)


def test_fixing_of_one_source_is_refused():
    with pytest.raises(LeafRefused, match="expected a fixing of all sources, found one of acme"):
        fix_leaf(FIXED._replace(source="acme"), KNOWN_NS, ROOT)
