"""TEST INDEXED: the archive and the log as readers of the index see them.

Takes   the index of records, in a folder of its own.
Gives   failures.
Keeps   answers that follow what comes in.
Source  Decisions 0017 and 0023.
"""

import importlib
from datetime import date

import pytest

from chiphour.adapters.archive import Archive
from chiphour.adapters.indexed import Indexed
from chiphour.adapters.log import WITNESSES
from chiphour.adapters.log import LogReader
from chiphour.adapters.realtime import RealTimeIndex
from chiphour.adapters.signing import Signer
from chiphour.index.fixing import fixing_sha256
from chiphour.index.leaves import leaf_from
from chiphour.index.merkle import leaf_hash
from chiphour.index.merkle import root_from_inclusion
from chiphour.index.note import COSIGNATURE
from chiphour.index.note import checkpoint_of
from chiphour.index.note import note_of
from chiphour.index.tiles import bundle_of
from chiphour.units import NS_PER_DAY
from chiphour.units import strike_ns

records = importlib.import_module("indexed")
DAY = date(2026, 7, 12)
H100 = "CHR.H100.SXM.OD"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("indexed")


@pytest.fixture(scope="module")
def index(folder):
    return records.made(folder)


def test_days_and_fixings_of_a_set_at_a_time(index):
    assert list(index.days()) == [date(2026, 7, day) for day in range(10, 16)]
    assert len(index.fixings()) == 6 * 58
    assert {f.parameter_set for f in index.fixings(H100, "robust")} == {"robust"}
    then = index.fixings(H100, as_of_ns=strike_ns(DAY))
    assert [f.vintage for f in then] == ["final", "final"]
    early = index.fixings(H100, as_of_ns=strike_ns(DAY) - 1)
    assert [f.vintage for f in early] == ["final", "provisional"]
    assert len(index.day_fixings(DAY)) == 58
    assert index.day_fixings(DAY, as_of_ns=strike_ns(DAY)) == []


def test_words_on_a_strike(index):
    words = index.vintages("CHR.L4.OD", records.REVISED, "v2026_1")
    assert [f.vintage for f in words] == ["provisional", "final", "revised"]
    last = index.fixing_as_of("CHR.L4.OD", records.REVISED, "v2026_1", None)
    assert last == words[-1]
    assert index.fixing_as_of(H100, DAY, "v2026_1", strike_ns(DAY)) is None
    assert [f.parameter_set for f in index.sets(H100, DAY, "plain", None)] == ["v2026_1", "robust"]


def test_time_never_stands_before_what_is_known(folder):
    late = Indexed(Archive(folder), None, lambda: 0)
    assert late.time_ns() == strike_ns(records.LAST) + 300_000_000_000


def test_companions_are_of_their_series_and_held(index):
    first = index.companions(H100, DAY, None)
    assert {c.series for c in first} == {H100}
    by_variant = {c.variant: c for c in first}
    assert by_variant["PLAIN"].value == index.sets(H100, DAY, "robust", None)[1].fix_ticks
    assert index.companions(H100, DAY, None) == first
    baskets = index.baskets(DAY, None)
    assert {c.series for c in baskets} == {"CHR.BROAD.OD", "CHR.BROAD.SPOT"}


def test_an_attack_is_priced_on_the_fix_that_is_kept(index):
    cost = index.attack(H100, DAY, "v2026_1", None)
    kept = index.fixing_as_of(H100, DAY, "v2026_1", None)
    assert (cost.fix_ticks, cost.members) == (kept.fix_ticks, kept.panel)
    assert index.attack(H100, DAY, "v2026_1", None) is cost
    assert index.attack(H100, DAY, "plain", None).parameter_set == "plain"


def test_references_stand_beside_our_fix(index):
    rows = {row.publisher: row for row in index.references()}
    assert set(rows) == {"ccir", "silicondata"}
    ours = index.fixing_as_of(H100, records.REVISED, "v2026_1", None)
    assert rows["ccir"].fix_ticks == ours.fix_ticks
    assert rows["ccir"].licence == "open"


def test_news_since_a_time(index):
    whole = index.news(0)
    late = index.news(records.REVISION.known_ns)
    assert 0 < len(late) < len(whole)
    assert list(late) == [item for item in whole if item.time_ns >= records.REVISION.known_ns]


def test_every_kept_fixing_has_a_leaf_and_a_way_to_the_root(index):
    for set_name in ("v2026_1", "robust", "plain"):
        fixing = index.fixing_as_of(H100, DAY, set_name, None)
        logged = index.logged(fixing)
        assert leaf_from(logged.leaf).sha256 == fixing_sha256(fixing)
        proof = index.proof(fixing)
        checkpoint = checkpoint_of(note_of(proof.checkpoint).text)
        found = root_from_inclusion(
            proof.leaf_index, checkpoint.size, leaf_hash(proof.leaf), proof.path
        )
        assert found == checkpoint.root
    strange = fixing._replace(fix_ticks=1)
    assert (index.logged(strange), index.proof(strange)) == (None, None)


def test_the_log_is_given_as_its_files(index):
    state = index.log_state()
    assert state.vkey.startswith("index.example/log+")
    assert state.latest[-1].number == state.size - 1
    tile = index.log_file(0, 0, 3)
    leaves = index.log_file(None, 0, 3)
    assert len(tile) == 96
    first = [index.log_file(None, 0, 1)]
    assert leaves.startswith(first[0])
    assert bundle_of([]) == b""
    assert index.log_file(0, 10_000, 256) is None
    assert index.log_file(3, 0, 1) is None


def test_a_reader_of_the_log_sees_it_grow(index, folder):
    reader = Indexed(Archive(folder), LogReader(folder / "log"), lambda: 0, vkey="key")
    assert reader.log_state().size == index.log_state().size
    assert reader.log_state().vkey == "key"


def test_the_log_names_the_keys_of_those_who_may_cosign_it(index, folder):
    """A key that is trusted from now on is named from now on."""
    assert index.log_state().witnesses == ()
    key = Signer(folder / "witness.key", "witness.example/w1", COSIGNATURE).vkey
    path = folder / WITNESSES
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{key}\n")
    assert index.log_state().witnesses == (key,)
    path.unlink()


def test_where_no_log_is_kept_there_is_no_leaf(folder):
    bare = Indexed(Archive(folder), None, lambda: 0)
    fixing = bare.fixing_as_of(H100, DAY, "v2026_1", None)
    assert (bare.log_state(), bare.logged(fixing), bare.proof(fixing)) == (None, None, None)
    assert bare.log_file(0, 0, 1) is None


def test_an_answer_follows_what_comes_in(tmp_path):
    index = records.made(tmp_path)
    assert index.days()[-1] == records.LAST
    held = index.fixings(H100)
    assert index.fixings(H100) is held
    last = index.fixing_as_of(H100, records.LAST, "v2026_1", None)
    next_day = last._replace(
        strike_ns=last.strike_ns + NS_PER_DAY, known_ns=last.known_ns + NS_PER_DAY
    )
    archive = Archive(tmp_path)
    archive.keep_fixings([next_day, next_day._replace(series="CHR.H100.SXM.SPOT")])
    assert index.fixings(H100)[-1] == next_day
    assert index.days()[-1] == date(2026, 7, 16)


def test_an_event_that_revises_nothing_is_news_at_once(tmp_path):
    index = records.made(tmp_path)
    assert "REV-2026-009" not in str(index.news(0))
    erratum = records.REVISION._replace(id="REV-2026-009", known_ns=records.NOW_NS)
    Archive(tmp_path).keep_fixings([], erratum)
    assert "REV-2026-009" in index.news(records.NOW_NS)[0].title


def test_parquet_is_made_once_while_nothing_comes_in(index):
    first = index.parquet(H100, "v2026_1", None)
    assert first.startswith(b"PAR1")
    assert index.parquet(H100, "v2026_1", None) is first
    then = index.parquet(H100, "v2026_1", strike_ns(DAY))
    assert then.startswith(b"PAR1")
    assert then != first


def test_ticks_come_from_who_makes_them(folder):
    archive = Archive(folder)
    realtime = RealTimeIndex(archive)
    realtime.tick(strike_ns(DAY))
    index = Indexed(archive, None, lambda: 0, realtime=realtime)
    assert len(index.ticks()) == 58
    assert [tick.series for tick in index.ticks(H100)] == [H100]
    assert Indexed(archive, None, lambda: 0).ticks() == ()


def test_the_frame_has_the_public_address(folder):
    index = Indexed(Archive(folder), None, lambda: 0, address="https://index.example")
    assert index.frame().address == "https://index.example"
    assert ("Market", "/market") not in index.frame().navigation
