"""DAYS: rows and fixings that the log does not bear out are named, each in one exact line.

Takes   a small bundle, spoiled in one way for each test: the file, the manifest, or the log too.
Gives   a failure where it passes, or where the line says something else.
Keeps   the figures of the rest: what is not touched still matches.
Source  Decision 0019.
"""

import json
from datetime import date
from hashlib import sha256

import pytest

from bundles import DAYS
from bundles import NOON_NS
from bundles import SERIES
from bundles import fixed
from bundles import forge
from bundles import leaves_of
from bundles import log_again
from chiphour.adapters.bundle import publish_bundle
from chiphour.adapters.bundled import QuickReading
from chiphour.adapters.bundled_compiled import CompiledReading
from chiphour.adapters.revisions import revise
from chiphour.audit.days import Before
from chiphour.audit.days import check_days
from chiphour.audit.days import fixing_days
from chiphour.audit.days import strike_of
from chiphour.audit.folder import open_bundle
from chiphour.audit.rows import Reading
from chiphour.audit.tree import root_of_ids
from chiphour.observe.observation import canonical_json
from chiphour.units import NS_PER_DAY
from chiphour.units import ns_from_iso

BATCH = "batches/2026-07-22.jsonl"
FIXINGS = "fixings/2026-07-22.jsonl"


def difference(folder, only=None, days=DAYS, reads=Reading):
    """Check days of a bundle that must differ; give the line."""
    return check_days(open_bundle(folder, reads=reads), days, only, None).first_difference


def lines_of(folder, path):
    return (folder / path).read_bytes().splitlines(keepends=True)


def ids_of(lines):
    return [sha256(line.rstrip(b"\n")).digest() for line in lines]


def root_over(lines):
    return root_of_ids(b"".join(ids_of(lines))).hex()


def root_in_log(folder, day):
    said = [json.loads(leaf) for leaf in leaves_of(folder)]
    return next(s["root"] for s in said if s["type"] == "batch" and s["strike"][:10] == day)


def batch_again(folder, path, lines):
    """Put other rows into a batch, and into the log, as its own publisher could."""
    lines = sorted(lines, key=lambda line: ids_of([line]))
    day, root = path[8:18], root_over(lines)
    old = root_in_log(folder, day)
    leaves = []
    for leaf in leaves_of(folder):
        said = json.loads(leaf)
        if said["type"] == "batch" and said["root"] == old:
            said |= {"root": root, "rows": len(lines)}
        if said.get("batch") == old:
            said["batch"] = root
        leaves.append(canonical_json(said).encode())
    log_again(folder, leaves)
    forge(folder, path, b"".join(lines))


def fixing_again(folder, line, **fields):
    """Change a fixing of the third day, and its leaf, as its own publisher could."""
    lines = lines_of(folder, FIXINGS)
    old = sha256(lines[line].rstrip(b"\n")).hexdigest()
    changed = json.loads(lines[line]) | fields
    lines[line] = canonical_json(changed).encode() + b"\n"
    new = sha256(lines[line].rstrip(b"\n")).hexdigest()
    log_again(folder, [leaf.replace(old.encode(), new.encode()) for leaf in leaves_of(folder)])
    forge(folder, FIXINGS, b"".join(lines))


def place_of(folder, vintage="provisional", series=SERIES):
    """Find the line of a fixing of the third day by the set in force."""
    for number, line in enumerate(lines_of(folder, FIXINGS)):
        said = json.loads(line)
        if (said["series"], said["parameter_set"], said["vintage"]) == (series, "v2026_1", vintage):
            return number
    raise AssertionError


def test_every_day_matches_and_every_leaf_is_proved(made):
    part = check_days(open_bundle(made), DAYS, None, None)
    assert (part.checked, part.matched, part.first_difference) == (1566, 1566, None)
    leaves = set(range(len(leaves_of(made))))
    assert part.proved == leaves - open_bundle(made).logged.events.keys()


def test_one_series_rests_on_its_batches_and_the_fixing_before(made):
    bundle = open_bundle(made)
    part = check_days(bundle, DAYS[3:4], SERIES, None)
    assert (part.checked, part.matched, part.first_difference) == (6, 6, None)
    batches = [bundle.logged.batches[day].leaf for day in DAYS[:4]]
    assert part.proved.issuperset(batches)
    assert len(part.proved) == 4 + 6 + 6  # Batches, the fixings, those of the day before.


def test_only_the_vintage_that_stood_is_recomputed(made):
    bundle = open_bundle(made)
    strike_ns = strike_of(DAYS[0])
    known_ns = strike_ns + 300 * 10**9
    for at_ns, checked in ((known_ns - 1, 0), (known_ns, 3), (known_ns + NS_PER_DAY, 3)):
        part = check_days(bundle, DAYS[:1], SERIES, at_ns)
        assert (part.checked, part.first_difference) == (checked, None)


def test_a_row_removed_is_not_the_logged_batch(bundle):
    lines = lines_of(bundle, BATCH)
    forge(bundle, BATCH, b"".join(lines[1:]))
    found = root_over(lines[1:])
    assert difference(bundle) == (
        f"{BATCH}: expected the root {root_in_log(bundle, DAYS[2])} of the log, "
        f"found {found} over 5 rows"
    )


def test_a_row_changed_is_not_the_logged_batch(bundle):
    lines = lines_of(bundle, BATCH)
    lines[0] = lines[0].replace(b'"gpus":1', b'"gpus":2')
    lines.sort(key=lambda line: ids_of([line]))
    forge(bundle, BATCH, b"".join(lines))
    assert difference(bundle) == (
        f"{BATCH}: expected the root {root_in_log(bundle, DAYS[2])} of the log, "
        f"found {root_over(lines)} over 6 rows"
    )


def test_a_row_changed_in_the_log_too_changes_the_inputs(bundle):
    lines = lines_of(bundle, BATCH)
    batch_again(bundle, BATCH, [lines[0].replace(b'"gpus":1', b'"gpus":2'), *lines[1:]])
    said = difference(bundle)
    assert said.startswith(f"{FIXINGS}: line ")
    assert f"{SERIES} 2026-07-22T00:30:00Z: inputs_root: published " in said


def test_a_row_moved_to_another_day_is_named(bundle):
    lines, others = lines_of(bundle, BATCH), lines_of(bundle, "batches/2026-07-23.jsonl")
    moved = lines.pop()
    batch_again(bundle, BATCH, lines)
    batch_again(bundle, "batches/2026-07-23.jsonl", [*others, moved])
    assert difference(bundle, days=DAYS[3:]) == (
        f"batches/2026-07-23.jsonl: row {ids_of([moved])[0].hex()}: "
        "expected one that came in on 2026-07-23"
    )


def test_rows_out_of_order_or_twice_are_refused(bundle):
    lines = lines_of(bundle, BATCH)
    said = f"{BATCH}: expected rows in rising order of their ids, each once"
    forge(bundle, BATCH, b"".join([lines[1], lines[0], *lines[2:]]))
    assert difference(bundle) == said
    forge(bundle, BATCH, b"".join([lines[0], *lines]))
    assert difference(bundle) == said


@pytest.mark.parametrize("reads", [Reading, QuickReading, CompiledReading])
@pytest.mark.parametrize(
    "row", [b"{}\n", b"[]\n", b"no row\n", b"\n", b"twice", b"no number", b"padded"]
)
def test_a_line_that_is_no_row_is_refused(bundle, row, reads):
    one = lines_of(bundle, BATCH)[0]
    spoiled = {
        b"twice": one.rstrip() + one,
        b"padded": b" " + one,
        b"no number": one.replace(b'"gpus":', b'"gpus":1.0,"was":'),
    }
    batch_again(bundle, BATCH, [spoiled.get(row, row)])
    found = difference(bundle, reads=reads)
    assert found.startswith(f"{BATCH}: expected an observation a line, found ")


def test_a_last_line_without_its_end_is_refused(bundle):
    forge(bundle, BATCH, (bundle / BATCH).read_bytes()[:-1])
    assert difference(bundle) == f"{BATCH}: expected a last line with its end, found one without"


def test_a_file_that_the_log_speaks_of_and_the_manifest_lacks_is_named(bundle):
    forge(bundle, BATCH, None)
    assert difference(bundle) == f"{BATCH}: expected a batch of 6 rows, found no file"
    forge(bundle, "fixings/2026-07-20.jsonl", None)
    assert difference(bundle, days=DAYS[:1]) == (
        "fixings/2026-07-20.jsonl: expected 348 fixings of the log, found no file"
    )


def test_a_batch_that_the_log_does_not_know_is_refused(bundle):
    row = lines_of(bundle, BATCH)[0]
    forge(bundle, "batches/2026-07-19.jsonl", row)
    assert difference(bundle) == (
        "batches/2026-07-19.jsonl: expected a root in the log, "
        f"found {root_over([row])} over 1 rows"
    )


def test_a_changed_fixing_is_not_in_the_log(bundle):
    line = place_of(bundle)
    lines = lines_of(bundle, FIXINGS)
    lines[line] = lines[line].replace(b'"fix_ticks":50200', b'"fix_ticks":50201')
    forge(bundle, FIXINGS, b"".join(lines))
    digest = ids_of([lines[line]])[0].hex()
    assert difference(bundle) == (
        f"{FIXINGS}: line {line + 1}: expected a leaf of the log with SHA-256 {digest}, found none"
    )


def test_a_fixing_changed_in_the_log_too_does_not_follow(bundle):
    line = place_of(bundle)
    fixing_again(bundle, line, fix_ticks=50_201)
    part = check_days(open_bundle(bundle), DAYS, None, None)
    assert part.first_difference == (
        f"{FIXINGS}: line {line + 1}: {SERIES} 2026-07-22T00:30:00Z: fix_ticks: "
        "published 50201, recomputed 50200"
    )
    assert part.checked - part.matched == 2  # Its final fixing says another number now.


def test_a_final_fixing_equals_its_provisional_one(bundle):
    line = place_of(bundle, "final")
    fixing_again(bundle, line, fix_ticks=50_201)
    assert difference(bundle) == (
        f"{FIXINGS}: line {line + 1}: fix_ticks: expected the final fixing as it was before, "
        "found another"
    )


def test_a_final_fixing_is_known_a_day_after_its_strike(bundle):
    line = place_of(bundle, "final")
    fixing_again(bundle, line, known_ns=strike_of(DAYS[2]) + NS_PER_DAY + 1)
    assert difference(bundle).startswith(f"{FIXINGS}: line {line + 1}: {SERIES} ")
    assert "known_ns: published " in difference(bundle)


def test_vintages_begin_with_one_provisional_fixing(bundle):
    line = place_of(bundle)
    fixing_again(bundle, line, vintage="final")
    assert difference(bundle) == (
        f"{FIXINGS}: line {line + 1}: vintage: expected a provisional fixing first, found final"
    )


def test_a_revised_fixing_names_an_event(bundle):
    line = place_of(bundle, "final")
    fixing_again(bundle, line, vintage="revised", revision="REV-2026-001")
    assert difference(bundle) == (
        f"{FIXINGS}: line {line + 1}: revision: expected the event REV-2026-001 in the log "
        "before it"
    )


def test_a_fixing_left_out_or_out_of_order_is_missed(bundle):
    lines = lines_of(bundle, FIXINGS)
    forge(bundle, FIXINGS, b"".join(lines[1:]))
    assert difference(bundle) == f"{FIXINGS}: expected the 348 fixings of the log, found 347"
    forge(bundle, FIXINGS, b"".join([lines[1], lines[0], *lines[2:]]))
    assert difference(bundle) == (
        f"{FIXINGS}: expected fixings by series, parameter set and time known"
    )


def test_a_fix_is_in_the_log_after_its_batch(bundle):
    leaves = leaves_of(bundle)
    at = next(
        index
        for index, leaf in enumerate(leaves)
        if b'"type":"batch"' in leaf and b'"strike":"2026-07-22' in leaf
    )
    leaves[at], leaves[at + 1] = leaves[at + 1], leaves[at]
    log_again(bundle, leaves)
    said = json.loads(leaves[at])
    names = [each.hex() for each in ids_of(lines_of(bundle, FIXINGS))]
    assert difference(bundle) == (
        f"{FIXINGS}: line {names.index(said['sha256']) + 1}: expected its batch {said['batch']} "
        f"in the log before leaf {at}, found {said['batch']} at leaf {at + 1}"
    )


def test_a_fixing_of_another_day_or_of_one_source_is_refused(bundle):
    line = place_of(bundle)
    fixing_again(bundle, line, source="acme")
    assert difference(bundle) == (
        f"{FIXINGS}: line {line + 1}: expected a fixing of 2026-07-22 from all sources"
    )


def test_a_late_row_and_a_struck_one_come_out_as_revised(tmp_path):
    archive, log = fixed(tmp_path / "data")
    rows = archive.stored(0, 1 << 62)
    late = next(row.id for row in rows if row.observation.venue == "scaleway")
    struck = next(
        row.id
        for row in rows
        if row.observation.venue == "verda" and row.observation.observed_ns == NOON_NS + NS_PER_DAY
    )
    at_ns = ns_from_iso("2026-07-24T12:00:00Z")
    day = date.fromisoformat(DAYS[1])
    found = revise(archive, log, "a card came late", [day], [struck], [late], at_ns)
    assert found.revises
    publish_bundle(archive, log, log.key.text, tmp_path / "bundle")
    archive.close()
    bundle = open_bundle(tmp_path / "bundle")
    part = check_days(bundle, fixing_days(bundle), None, None)
    assert (part.first_difference, part.checked) == (None, part.matched)
    assert part.proved == set(range(len(leaves_of(tmp_path / "bundle")))) - set(
        bundle.logged.events
    )
    one = check_days(bundle, [DAYS[1]], SERIES, at_ns)
    assert (one.checked, one.matched, one.first_difference) == (3, 3, None)
    lines = lines_of(tmp_path / "bundle", "fixings/2026-07-21.jsonl")
    revised = [json.loads(line) for line in lines if b"REV-2026-001" in line]
    assert SERIES in {each["series"] for each in revised}


def test_the_fixing_before_is_the_one_known_then():
    def document(state, known_ns):
        return {"series": "S", "parameter_set": "P", "state": state, "known_ns": known_ns}

    before, name = Before(), ("S", "P")
    assert before.last_fixed(name, 9) is None
    assert not before.is_settled(name)
    first, second = document("fixed", 1), document("fixed", 4)
    gone = document("suppressed", 6)
    before.add([first])
    assert before.is_settled(name)
    before.add([second, gone])
    assert [before.last_fixed(name, at) for at in (0, 1, 4, 6)] == [None, first, second, first]
    last = document("fixed", 8)
    before.add([last])
    assert [before.last_fixed(name, at) for at in (7, 8)] == [None, last]
    before.add([document("fixed", 2)], first=True)
    assert before.last_fixed(name, 7) == document("fixed", 2)


def test_the_days_of_a_bundle_are_those_of_its_files_and_its_log(made):
    assert tuple(fixing_days(open_bundle(made))) == DAYS
