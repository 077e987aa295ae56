"""PUBLISHERS: an exchange settles on the fixes of those it believes, and of nobody else.

Takes   keys, policies, signed fixes; a market without an index of its own.
Gives   a failure where a fix of no use or of nobody known reaches the exchange.
Keeps   the journal as it was after each refusal.
Source  Decision 0020; rulebook 9.
"""

import json

import pytest

from chiphour.adapters.market import Market
from chiphour.adapters.publishers import FILE
from chiphour.adapters.publishers import PublisherRefused
from chiphour.adapters.publishers import Publishers
from chiphour.adapters.publishers import settling_rows
from chiphour.adapters.signing import Signer
from chiphour.day import submit
from chiphour.exchange import events as e
from chiphour.exchange.commands import Vintage
from chiphour.index.note import COSIGNATURE
from chiphour.publish.signed import FixRefused
from chiphour.publish.signed import signed_fix
from chiphour.units import NS_PER_DAY
from signed import H100
from signed import Published


def test_publishers_are_found_again(tmp_path):
    one, two = Published(tmp_path / "1", "one.example"), Published(tmp_path / "2", "two.example")
    publishers = Publishers(tmp_path)
    assert publishers.known == ()
    publishers.add(one.key)
    publishers.add(two.key)
    publishers.add(one.key)  # Again: it stands once.
    assert [each.key.text for each in Publishers(tmp_path).known] == [two.key, one.key]
    publishers.remove("two.example")
    assert [each.key.text for each in Publishers(tmp_path).known] == [one.key]
    with pytest.raises(
        PublisherRefused, match=r"^expected a publisher of one\.example, found 'x'$"
    ):
        publishers.remove("x")


def test_a_policy_of_witnesses_is_kept_and_asked_for(tmp_path):
    ours = Published(tmp_path / "1", "ours.example")
    witness = Signer(tmp_path / "w.key", "witness.example", COSIGNATURE)
    publishers = Publishers(tmp_path)
    publishers.add(ours.key, [witness.vkey], 1)
    (kept,) = Publishers(tmp_path).known
    assert (kept.witnesses, kept.witnesses_min) == ((witness.verifier,), 1)
    sent = signed_fix(ours.fixings[-1], ours.proof())
    with pytest.raises(FixRefused, match="expected cosignatures of 1 of 1 witnesses"):
        publishers.believed(sent)


def test_keys_and_policies_that_cannot_be_are_refused(tmp_path):
    ours = Published(tmp_path / "1", "ours.example")
    witness = Signer(tmp_path / "w.key", "witness.example", COSIGNATURE)
    publishers = Publishers(tmp_path)
    for key, witnesses, least, words in (
        ("nonsense", [], 0, "expected a key such as"),
        (witness.vkey, [], 0, "expected the key of a log"),
        (ours.key, [ours.key], 0, "expected the key of a witness"),
        (ours.key, [witness.vkey, witness.vkey], 2, "from 0 to 1 cosignatures"),
    ):
        with pytest.raises(PublisherRefused, match=words):
            publishers.add(key, witnesses, least)
    assert not (tmp_path / FILE).exists()
    for text in (b'[{"key": 1}]', b'[{"key":1,"witnesses":[],"witnesses_min":0}]', b"\xff"):
        (tmp_path / FILE).write_bytes(text)
        with pytest.raises(PublisherRefused, match="expected publishers, found"):
            Publishers(tmp_path)


def test_the_exchange_is_told_what_was_proved(tmp_path):
    ours = Published(tmp_path / "index", "ours.example")
    publishers = Publishers(tmp_path / "market")
    publishers.add(ours.key)
    believed = publishers.believed(signed_fix(ours.fixings[-1], ours.proof()))
    rows = settling_rows(believed.fixing, believed.fixing.known_ns)
    with Market(tmp_path / "market", demonstration=False) as market:
        submit("fix", rows, market)
        events = market.events_since(0)
    (fixed,) = events[events[:, e.KIND] == e.Kind.FIXED].tolist()
    told = (fixed[e.INDEX], fixed[e.STRIKE_NS], fixed[e.REASON], fixed[e.VALUE_MICROUSD])
    assert told == (H100.number, believed.fixing.strike_ns, Vintage.FINAL, 3_025_000)


def test_what_is_of_no_use_to_a_contract_is_refused(tmp_path):
    fixing = Published(tmp_path, "ours.example").fixings[-1]
    for fields, words in (
        ({"parameter_set": "plain"}, "expected the set v2026_1 of all sources, found plain"),
        ({"source": "vast"}, "found v2026_1 of vast"),
        ({"series": "CHR.H100.SXM.OD.US"}, "expected a series that contracts settle on"),
        ({"series": "CHR.NOTHING"}, "expected a series that contracts settle on"),
        ({"vintage": "revised"}, "expected the provisional or the final word"),
        (
            {"strike_ns": fixing.strike_ns + 1},
            "expected the strike of a day, found 2026-07-21T00:3",
        ),
        (
            {"strike_ns": fixing.strike_ns + 99 * NS_PER_DAY},
            "expected one known by 2026-07-22T00:3",
        ),
        ({"known_ns": fixing.known_ns + 1}, "expected one known by 2026-07-22T00:3"),
        ({"state": "suppressed"}, "expected grade A or B and a value where it is fit"),
        ({"grade": "C"}, "where it is fit, found fixed, C, 30250"),
        ({"fix_ticks": None}, "where it is fit, found fixed, B, None"),
        ({"fix_ticks": 0}, "where it is fit, found fixed, B, 0"),
    ):
        with pytest.raises(FixRefused, match=words):
            settling_rows(fixing._replace(**fields), fixing.known_ns)


def test_a_forged_fix_changes_nothing(tmp_path):
    ours = Published(tmp_path / "index", "ours.example")
    publishers = Publishers(tmp_path / "market")
    publishers.add(ours.key)
    record = json.loads(signed_fix(ours.fixings[-1], ours.proof()))
    record["document"]["fix_ticks"] += 1
    before = (tmp_path / "market" / FILE).read_bytes()
    with pytest.raises(FixRefused):
        publishers.believed(json.dumps(record).encode())
    assert (tmp_path / "market" / FILE).read_bytes() == before


def test_a_publisher_is_believed_for_its_series_alone(tmp_path):
    ours = Published(tmp_path / "index", "ours.example")
    publishers = Publishers(tmp_path)
    sent = signed_fix(ours.fixings[-1], ours.proof())
    publishers.add(ours.key, series=["l40s-od"])
    assert Publishers(tmp_path).known[0].series == ("CHR.L40S.OD",)
    with pytest.raises(FixRefused, match=r"publisher known for CHR\.H100\.SXM\.OD \(none\)"):
        publishers.believed(sent)
    publishers.add(ours.key, series=["CHR.H100.SXM.OD", "l40s-od"])
    assert publishers.believed(sent).fixing == ours.fixings[-1]
    with pytest.raises(PublisherRefused, match="expected a series such as"):
        publishers.add(ours.key, series=["CHR.NOTHING"])


def test_other_numbers_than_those_in_force_settle_nothing(tmp_path):
    fixing = Published(tmp_path, "ours.example").fixings[-1]
    for fields in ({"parameters_sha256": "0" * 64}, {"methodology": "v2027_1"}):
        with pytest.raises(FixRefused, match="expected the numbers of v2026_1"):
            settling_rows(fixing._replace(**fields), fixing.known_ns)
