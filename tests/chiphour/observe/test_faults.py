"""TEST FAULTS: every venue, wrong in every way that we know: refused or flagged, never believed.

Takes   the readers, their samples, the venue simulator, the real fetcher and the real poll.
Gives   the fault matrix: for each venue at least ten faults, each with its expected outcome; over
        HTTP where the venue is asked, through the reader alone where it is only recorded.
Keeps   a fault to its venue: in each round every other venue is healthy, and gives what it gave.
Source  Decision 0015. What comes of a fault by rule stands in
        `simulate.venue_bodies.FAULTS`; where a venue differs, in "outcomes" of its wire.json:
        the code of a refusal, a flag, "NONE" where nothing changes, "GONE" where the row does.
"""

import asyncio
from collections import Counter
from types import SimpleNamespace

import pytest

from chiphour.adapters.archive import Archive
from chiphour.adapters.collector import Collector
from chiphour.adapters.fetch import Fetcher
from chiphour.adapters.poll import poll
from chiphour.adapters.refusal import CODES
from chiphour.adapters.store import ArchiveStore
from chiphour.adapters.venue_answers import fault_cases
from chiphour.adapters.venue_answers import live_requests
from chiphour.adapters.venue_answers import wire_of
from chiphour.adapters.venue_server import RETRY_AFTER_SECONDS
from chiphour.adapters.venue_server import VenueServer
from chiphour.adapters.venue_server import running
from chiphour.observe.checks import FLAGS
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.venues import venues
from chiphour.simulate.venue_bodies import FAULTS
from chiphour.simulate.venue_bodies import faulty
from chiphour.simulate.venue_bodies import outcome
from chiphour.units import NS_PER_SECOND
from samples import RATES
from samples import SAMPLE_NS
from samples import all_samples
from samples import observations
from samples import samples

NAMES = list(venues())
LIVE = [name for name in NAMES if live_requests(venues()[name])]
CASES = {name: fault_cases(venues()[name]) for name in NAMES}
WIRES = {name: wire_of(venues()[name]) for name in NAMES}
SHORT_S = 0.3  # For a venue that would take for ever.
LONG_S = 60
FOR_EVER = ("hang", "slow")
CASES_MIN = 10
WITHOUT_EFFECT = ("NONE", "GONE")


@pytest.fixture(scope="module")
def server():
    with running(VenueServer()) as started:
        yield started


@pytest.fixture(scope="module")
def healthy(server):
    """Give what each venue gives while nothing is wrong."""
    return asyncio.run(poll_all(server.base_url, {}))


async def poll_all(base_url, wrong, rates=RATES):
    """Poll every venue at once; `wrong` are those from which an answer may never come."""

    def now_ns():
        return SAMPLE_NS

    async with Fetcher({}, base_url=base_url, now_ns=now_ns) as fetcher:
        readers = [with_deadline(name, SHORT_S if name in wrong else LONG_S) for name in LIVE]
        polls = [poll(reader, fetcher, now_ns, rates) for reader in readers]
        return dict(zip(LIVE, await asyncio.gather(*polls), strict=True))


def with_deadline(name, deadline_s):
    reader = venues()[name]
    venue = reader.VENUE._replace(deadline_s=deadline_s)
    return SimpleNamespace(**vars(reader) | {"VENUE": venue})


def rounds(fault):
    """Yield {venue: case}: every live case of a fault, once, beside venues that are healthy."""
    waiting = {name: [c for c in CASES[name] if c.live and c.fault == fault] for name in LIVE}
    while any(waiting.values()):
        for turn in (0, 1):
            now = {name: waiting[name].pop(0) for name in LIVE[turn::2] if waiting[name]}
            if now:
                yield now


def expected_of(name, case):
    outcomes = WIRES[name].get("outcomes", {})
    if case.shape == "":
        return outcomes.get(case.fault, FAULTS[case.fault].outcome)
    sample = next(sample for sample in samples(name) if sample.shape == case.shape)
    return outcome(sample.content, sample.wire, outcomes, case.shape, case.fault)


def facts(seen):
    """Give an observation without the hash of its body, which a fault changes for all rows."""
    return seen._replace(raw_sha256="")


def first(seen):
    """Give an observation as if nothing like it came before: that may now be the wrong one."""
    return facts(seen)._replace(flags=tuple(flag for flag in seen.flags if flag != "REPEATED"))


def not_refused(found, code):
    """Say how a poll is not refused as expected, or None."""
    if found.refusal is None:
        return f"expected {code}, found {len(found.observations)} rows"
    if found.refusal.code != code:
        return f"expected {code}, found {found.refusal.code}: {found.refusal.detail}"
    if found.observations:
        return f"expected nothing kept of it, found {len(found.observations)} rows"
    return None


def not_flagged(before, after, flag):
    """Say how rows are not as they were but for those with the flag, or None."""
    told = facts if flag == "REPEATED" else first
    before, after = [list(map(told, rows)) for rows in (before, after)]
    lost = Counter(before) - Counter(after)
    found = Counter(after) - Counter(before)
    if flag == "NONE":
        return f"expected no change, found {[*lost, *found][0]}" if lost or found else None
    if flag == "GONE":
        return None if lost and not found else f"expected a row to go, found {list(found)[:1]}"
    if not found:
        return f"expected a row with {flag}, found none changed"
    if any(flag not in seen.flags for seen in found):
        return f"expected {flag}, found {next(seen for seen in found if flag not in seen.flags)}"
    if lost.total() > (0 if flag == "REPEATED" else found.total()):
        return f"expected the other rows as they were, found {len(before)} and {len(after)}"
    return None


def difference(name, case, before, after):
    """Say how the outcome of a case over HTTP is not the one expected, or None."""
    expected = expected_of(name, case)
    if expected in CODES:
        wait_ns = RETRY_AFTER_SECONDS * NS_PER_SECOND if case.fault == "rate_limited" else None
        if after.retry_after_ns != wait_ns:
            return f"expected a wait of {wait_ns}, found {after.retry_after_ns}"
        return not_refused(after, expected)
    assert expected in FLAGS or expected in WITHOUT_EFFECT, (name, case, expected)
    if after.refusal is not None:
        return f"expected {expected}, found {after.refusal.code}: {after.refusal.detail}"
    return not_flagged(before.observations, after.observations, expected)


def test_every_venue_has_at_least_ten_faults():
    few = {name: len(cases) for name, cases in CASES.items() if len(cases) < CASES_MIN}
    assert not few


def test_outcomes_that_differ_are_said_of_faults_and_in_the_common_words():
    for name, wire in WIRES.items():
        texts = {case.text for case in CASES[name]} | {case.fault for case in CASES[name]}
        for text, said in wire.get("outcomes", {}).items():
            assert text in texts, (name, text)
            assert said in CODES or said in FLAGS or said in WITHOUT_EFFECT, (name, said)
            assert said != FAULTS[text.partition("@")[0]].outcome or "@" in text, (name, text)


def test_a_healthy_venue_gives_what_its_samples_give(healthy):
    """Over HTTP, page after page: the rows of every sample that can be asked for."""

    def timeless(rows):
        return {facts(seen)._replace(observed_ns=0, received_ns=0, flags=()) for seen in rows}

    for name, found in healthy.items():
        assert found.refusal is None, (name, found.refusal)
        shapes = {answer.body.shape for answer in found.answers}
        asked = [sample for sample in samples(name) if sample.shape in shapes]
        expected = set().union(*(timeless(observations(sample)) for sample in asked))
        assert timeless(found.observations) == expected, name


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_venue_has_its_outcome_and_leaves_the_others_alone(fault, server, healthy):
    faults = []
    for wrong in rounds(fault):
        for name, case in wrong.items():
            server.go_wrong(name, case.text)
        for_ever = set(wrong) if fault in FOR_EVER else set()
        found = asyncio.run(poll_all(server.base_url, for_ever))
        for name in wrong:
            server.go_wrong(name, "")
        for name in LIVE:
            if name in wrong:
                how = difference(name, wrong[name], healthy[name], found[name])
                faults += [f"{name} {wrong[name].text}: {how}"] if how else []
            elif found[name] != healthy[name]:
                faults.append(f"{name}: not as it was while others had {fault}")
    assert not faults, "\n" + "\n".join(faults)


def test_a_price_in_a_currency_without_a_rate_refuses_the_whole_poll(server, healthy):
    """Nobody guesses what a euro costs; who sells in dollars does not mind."""
    found = asyncio.run(poll_all(server.base_url, {}, rates=()))
    refused = {name for name in LIVE if found[name].refusal is not None}
    assert {found[name].refusal.code for name in refused} <= {"RATE_MISSING"}
    in_dollars = {
        name
        for name in LIVE
        if all('"currency"' not in seen.terms for seen in healthy[name].observations)
    }
    assert refused == set(LIVE) - in_dollars
    assert all(found[name].observations == () for name in refused)


def test_what_is_refused_leaves_its_reason_and_no_row(server, healthy, tmp_path):
    """Every second venue is wrong, each in another way: one round, into a real archive."""
    refusing = [name for name, fault in FAULTS.items() if fault.outcome in CODES]
    wrong = {}
    for name, fault in zip(LIVE[::2], refusing * len(LIVE), strict=False):
        fits = [case for case in CASES[name] if case.live and case.fault == fault]
        wrong[name] = fits[0] if fits else next(c for c in CASES[name] if c.fault == "reset")
    for name, case in wrong.items():
        server.go_wrong(name, case.text)
    archive = Archive(tmp_path)
    store = RatedStore(archive, lambda: SAMPLE_NS)
    for_ever = {name for name, case in wrong.items() if case.fault in FOR_EVER}
    readers = [with_deadline(name, SHORT_S if name in for_ever else LONG_S) for name in LIVE]

    async def collect():
        async with Fetcher({}, base_url=server.base_url) as fetcher:
            return await Collector(readers, fetcher, store, seed=bytes(16)).round()

    outcomes = {done.source: done for done in asyncio.run(collect())}
    for name in wrong:
        server.go_wrong(name, "")
    logged = {refusal.source: refusal.code for refusal in archive.refusals()}
    kept = Counter(row.source for row in archive.observations(0, 1 << 62))
    archive.close()
    for name in LIVE:
        assert logged.get(name) == (expected_of(name, wrong[name]) if name in wrong else None)
        assert outcomes[name].new == kept[name]
        assert (kept[name] > 0) == (name not in wrong), name


class RatedStore(ArchiveStore):
    """The store, with rates that a fresh archive has not yet."""

    def rates(self, before_ns):
        return RATES


RECORDED = [
    (sample, case)
    for sample in all_samples()
    for case in CASES[sample.venue]
    if not case.live and case.shape == sample.shape and sample.wire["file"] == sample.file.name
]


@pytest.mark.parametrize("fault", [name for name, fault in FAULTS.items() if fault.change])
def test_a_fault_of_a_recording_has_its_outcome(fault):
    faults = []
    for sample, case in RECORDED:
        if case.fault == fault:
            how = difference_recorded(sample, case)
            faults += [f"{sample.venue} {case.text}: {how}"] if how else []
    assert not faults, "\n" + "\n".join(faults)


def difference_recorded(sample, case):
    """Say how the outcome of a case is not the one expected, or None: through the reader alone."""
    expected = expected_of(sample.venue, case)
    try:
        after = observations(sample, faulty(sample.content, sample.wire, case.fault))
    except UnexpectedData as fault:
        return None if expected in ("UNREADABLE", "RATE_MISSING") else f"{expected}, found {fault}"
    if expected == "EMPTY":
        return f"expected no row, found {len(after)}" if after else None
    if expected in CODES:
        return f"expected {expected}, found {len(after)} rows"
    return not_flagged(observations(sample), after, expected)
