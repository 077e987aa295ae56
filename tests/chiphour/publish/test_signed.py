"""SIGNED: a fix is believed when all of it is proved, and for no other reason.

Takes   fixes in a real log, and every way to change what was sent.
Gives   a failure where a changed object is believed, or is refused without saying what.
Keeps   the exact words of each refusal.
Source  Decision 0020.
"""

import json

import pytest

from chiphour.index.note import vkey_of
from chiphour.publish.signed import BYTES_MAX
from chiphour.publish.signed import FixRefused
from chiphour.publish.signed import Publisher
from chiphour.publish.signed import believed_fix
from chiphour.publish.signed import signed_fix
from signed import Published


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return Published(tmp_path_factory.mktemp("ours"), "ours.example/index")


@pytest.fixture(scope="module")
def sent(ours):
    return signed_fix(ours.fixings[-1], ours.proof())


def believe(content, ours):
    return believed_fix(content, [Publisher(vkey_of(ours.key))])


def refusal(content, publishers):
    with pytest.raises(FixRefused) as refused:
        believed_fix(content, publishers)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_what_is_proved_is_believed(ours, sent):
    believed = believe(sent, ours)
    assert believed.fixing == ours.fixings[-1]
    assert believed.publisher == "ours.example/index"
    assert (believed.checkpoint.size, believed.checkpoint.root) == (ours.log.size, ours.log.root)


def test_every_fix_of_the_log_is_proved_by_the_newest_checkpoint(ours):
    for place, fixing in enumerate(ours.fixings):
        assert believe(signed_fix(fixing, ours.proof(place)), ours).fixing == fixing


def test_people_read_the_value_first(sent):
    record = json.loads(sent)
    assert list(record)[:2] == ["format", "fix"]
    assert record["fix"]["fix_usd"] == "3.0250"
    assert record["fix"]["vintage"] == "final"


def test_an_unknown_publisher_is_refused(ours, sent, tmp_path):
    other = Published(tmp_path, "other.example/index")
    found = refusal(sent, [Publisher(vkey_of(other.key))])
    assert found == (
        "checkpoint: expected one of a publisher known for CHR.H100.SXM.OD (other.example/index), "
        "found 'ours.example/index'"
    )
    assert "(none)" in refusal(sent, [])


def test_a_publisher_of_the_same_name_and_another_key_is_refused(ours, sent, tmp_path):
    forger = Published(tmp_path, "ours.example/index")
    assert forger.key != ours.key
    found = refusal(sent, [Publisher(vkey_of(forger.key))])
    assert found.startswith("checkpoint: expected a signature of ours.example/index")


def test_cosignatures_that_a_reader_asks_for_must_be_there(ours, sent):
    witness = vkey_of(ours.key)._replace(name="witness.example", algorithm=4)
    found = refusal(sent, [Publisher(vkey_of(ours.key), (witness,), 1)])
    assert found == "checkpoint: expected cosignatures of 1 of 1 witnesses, found 0: none"


def changed(sent, *keys, to):
    record = json.loads(sent)
    place = record
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = to
    return json.dumps(record).encode()


@pytest.mark.parametrize(
    ("keys", "to", "words"),
    [
        (("fix", "fix_usd"), "3.1000", "fix: expected fix_usd '3.0250', as its document has it"),
        (("document", "fix_ticks"), 31_000, "fix: expected fix_usd '3.1000'"),
        (("document", "members"), [], "leaf: expected the fix"),
        (("document", "extra"), 1, "document: expected the record of a fix"),
        (("index",), 0, "path: "),
        (("index",), 99, "index: expected one below 4, found 99"),
        (("index",), True, "index: expected one below 4, found True"),
        (("path",), [], "path: expected "),
        (("path",), ["AA=="] * 64, "path: expected at most 63 hashes, found 64"),
        (("path",), ["?"], "path: "),
        (("leaf",), "{}", "leaf: expected "),
        (("leaf",), 5, "leaf: expected str, found 5"),
        (("fix", "fit"), 1, "fix: expected fit True, as its document has it, found 1"),
        (("fix", "final_usd"), "9.99", "fix: expected no field that its document has not, found"),
        (
            ("fix", "panel"),
            6.0,
            "expected a fix as JSON, found the number 6.0, where all are whole",
        ),
        (("document", "fit"), 1, "document: expected fit of Fixing as bool, found 1"),
        (("document", "fix_ticks"), True, "document: expected fix_ticks of Fixing as int | None"),
        (("document", "fix_ticks"), 30250.0, "expected a fix as JSON, found the number 30250.0"),
        (("document", "fix_ticks"), float("nan"), "expected a fix as JSON, found the number NaN"),
        (("document", "strike_ns"), 10**30, "document: expected strike_ns of Fixing as int"),
        (("document", "members"), [[]], "document: expected the record of a fix"),
        (("checkpoint",), "ours.example/index\n\ud800\n\n— a AAAAAAAA\n", "checkpoint: "),
        (("format",), "chiphour-fix/2", "format: expected chiphour-fix/1"),
        (("more",), 1, "expected the fields checkpoint, document, fix, format, index, leaf, path"),
    ],
)
def test_what_was_changed_is_refused(ours, sent, keys, to, words):
    assert refusal(changed(sent, *keys, to=to), [Publisher(vkey_of(ours.key))]).startswith(words)


def test_a_fix_under_a_root_of_another_log_is_refused(ours, tmp_path):
    twin = Published(tmp_path, "ours.example/index")
    other = twin.proof()._replace(checkpoint=ours.log.checkpoint())
    swapped = signed_fix(twin.fixings[0], other._replace(leaf=twin.proof(0).leaf))
    assert refusal(swapped, [Publisher(vkey_of(ours.key))]).startswith("path: expected to reach")


def test_a_name_that_stands_twice_is_refused(ours, sent):
    """A reader of the first would show another price than the one that is settled on."""
    for name in (b'"fix":', b'"fix_usd":'):
        twice = sent.replace(name, name + b'"9.9900",' + name, 1)
        assert json.loads(twice) == json.loads(sent)
        assert refusal(twice, [Publisher(vkey_of(ours.key))]) == (
            "expected a fix as JSON, found a name that stands twice in one object"
        )


@pytest.mark.parametrize("keys", [("format",), ("x" * 10_000,), ("document", "x" * 10_000)])
def test_a_refusal_is_short_whatever_was_sent(ours, sent, keys):
    content = changed(sent, *keys, to="y" * 10_000)
    assert len(refusal(content, [Publisher(vkey_of(ours.key))])) < 500


@pytest.mark.parametrize("depth", [100, 900, 100_000])
def test_deep_nesting_is_refused(ours, sent, depth):
    content = changed(sent, "fix", "fit", to="deep").replace(b'"deep"', b"[" * depth + b"]" * depth)
    assert refusal(content, [Publisher(vkey_of(ours.key))])


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b" " * (BYTES_MAX + 1)]
)
def test_what_is_no_fix_is_refused_in_a_line(ours, content):
    assert len(refusal(content, [Publisher(vkey_of(ours.key))])) < 300


def test_any_changed_byte_is_refused(ours, sent):
    """Flip one bit of each byte in turn: no change is believed, but for what spells the same."""
    publishers = [Publisher(vkey_of(ours.key))]
    for at in range(0, len(sent), 7):
        content = sent[:at] + bytes([sent[at] ^ 1]) + sent[at + 1 :]
        try:
            believed = believed_fix(content, publishers)
        except FixRefused:
            continue
        assert believed.fixing == ours.fixings[-1]
