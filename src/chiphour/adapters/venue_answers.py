"""VENUE_ANSWERS: what a simulated venue answers: the samples that lie beside its reader.

Takes   a reader, its folder `sample/` with `wire.json`; how many offers to make of them; a fault.
Gives   the bytes of each answer, by request: first pages, and the pages to which they lead; the
        faults that can be done to a venue; the facts of the table of venues.
Keeps   the same seed, the same bytes. A fault where it is done, and nowhere else.
Source  Decision 0015.

A fault is a word of `simulate.venue_bodies.FAULTS`, and may say where it is done: "truncated",
"truncated@SHAPE", "truncated@SHAPE#1" (the page after the first). Without that, one of transport
is everywhere, and one of content in the first pages of the first shape that it can be done to.

    MarketError
    └── SimulationRefused   a venue or fault that nobody knows, a sample that cannot be served
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import NamedTuple
from typing import cast
from urllib.parse import parse_qsl
from urllib.parse import unquote
from urllib.parse import urlsplit

from chiphour.adapters.schedule import lanes_of
from chiphour.adapters.schedule import requests_of
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.venue import Rate
from chiphour.observe.venue import Reader
from chiphour.observe.venue import Request
from chiphour.observe.venue import body_of
from chiphour.observe.venues import venues
from chiphour.publish.venue_table import VenueFacts
from chiphour.simulate.venue_bodies import FAULTS
from chiphour.simulate.venue_bodies import TRANSPORT
from chiphour.simulate.venue_bodies import faults_of
from chiphour.simulate.venue_bodies import faulty
from chiphour.simulate.venue_bodies import page_of
from chiphour.simulate.venue_bodies import rows
from chiphour.simulate.venue_bodies import scaled
from chiphour.units import NS_PER_DAY

COPIES_APART = 10_000  # Between the numbers of the copies in two answers of one venue.
CURRENCIES = {"EUR": 1_100_000_000, "GBP": 1_300_000_000}  # So that a page in them can be read.


class SimulationRefused(MarketError):
    """What cannot be simulated: a venue or fault that nobody knows, a sample that is not whole."""


class Asked(NamedTuple):
    """What tells one request from another, as it comes or as a reader makes it."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: str


class Served(NamedTuple):
    """An answer: the sample of a shape; the first page is 0."""

    shape: str
    page: int
    content: bytes


class Wrong(NamedTuple):
    """A fault and where it is done: "" is wherever it can be."""

    fault: str
    shape: str
    page: int


def sample_folder(reader: Reader) -> Path:
    """Give the folder of a reader's samples: it lies beside the reader."""
    return Path(cast(Any, reader).__file__).parent / "sample"


def wire_of(reader: Reader) -> dict[str, Any]:
    """Read what is said of a reader's samples; raises SimulationRefused."""
    file = sample_folder(reader) / "wire.json"
    try:
        wire: dict[str, Any] = json.loads(file.read_text())
    except (OSError, ValueError) as fault:
        raise SimulationRefused(f"{file}: expected what is served, found {fault}") from None
    return wire


def live_requests(reader: Reader) -> tuple[Request, ...]:
    """Give every first page that any lane asks for; none for a venue that is only recorded."""
    asked = (request for lane in lanes_of(reader.VENUE) for request in requests_of(reader, lane))
    return tuple(dict.fromkeys(asked))


def live_shapes(reader: Reader) -> tuple[str, ...]:
    """Give the shapes of the first pages of a round, in the order in which they are asked for."""
    return tuple(dict.fromkeys(request.shape for request in reader.requests()))


class Case(NamedTuple):
    """A fault that can be done to a venue: `text` as `go_wrong` takes it, over HTTP if `live`.

    One that is not live is done to the sample of a shape that is only recorded.
    """

    shape: str
    fault: str
    text: str
    live: bool


def fault_cases(reader: Reader) -> list[Case]:
    """List the ways in which a venue can be made wrong: each fault, at each shape."""
    shapes = wire_of(reader)["shapes"]
    live = live_shapes(reader)
    cases = [Case("", fault, fault, True) for fault in (*TRANSPORT, "empty") if live]
    for shape, wire in shapes.items():
        is_live = shape in live
        if is_live and wire.get("pages"):
            cases += [Case(shape, f, f"{f}@{shape}#1", True) for f in ("reset", "truncated")]
        cases += [
            Case(shape, fault, f"{fault}@{shape}", is_live)
            for fault in faults_of(wire)
            if not (is_live and fault == "empty")
        ]
    return cases


def venue_facts() -> list[VenueFacts]:
    """Give what the table of venues says of each; raises SimulationRefused."""
    return [_facts(reader) for reader in venues().values()]


def _facts(reader: Reader) -> VenueFacts:
    shapes = wire_of(reader)["shapes"]
    live = tuple(dict.fromkeys(request.shape for request in live_requests(reader)))
    files = [name for wire in shapes.values() for name in (wire["file"], *wire.get("pages", ()))]
    seen = [item for name in files for item in _expected(sample_folder(reader) / name)]
    return VenueFacts(
        reader.VENUE,
        live,
        tuple(shape for shape in shapes if shape not in live),
        tuple(sorted({item["tenor"] for item in seen})),
        tuple(sorted({item["kind"] for item in seen})),
        len(files),
        len(fault_cases(reader)),
    )


def _expected(sample: Path) -> list[dict[str, str]]:
    """Give the observations that are written down beside a sample."""
    file = sample.with_suffix(".expected.json")
    try:
        items = json.loads(file.read_text())
    except (OSError, ValueError) as fault:
        raise SimulationRefused(f"{file}: expected what the sample gives, found {fault}") from None
    return [item["Observation"] for item in items if "Observation" in item]


def wrong_of(text: str) -> Wrong:
    """Read a fault and where it is done; raises SimulationRefused."""
    fault, _, where = text.partition("@")
    shape, _, page = where.partition("#")
    if fault not in FAULTS or not (page or "0").isdecimal():
        raise SimulationRefused(f"expected a fault of {', '.join(FAULTS)}, found {text!r}")
    return Wrong(fault, shape, int(page or "0"))


def asked_of(request: Request) -> Asked:
    """Give a request as it arrives, its secret left out."""
    parts = urlsplit(request.path)
    query = (*parse_qsl(parts.query, keep_blank_values=True), *request.query)
    method = "POST" if request.body else "GET"
    return Asked(method, unquote(parts.path), tuple(sorted(query)), request.body)


class SimulatedVenue:
    """One venue: what it answers to each request, and what is wrong with it now."""

    def __init__(self, reader: Reader, offers: int, seed: str) -> None:
        """Make the answers, with `offers` rows where they can be multiplied.

        Raises SimulationRefused where a sample cannot be served.
        """
        self.name = reader.VENUE.name
        self.requests = 0
        self.wrong = ""
        self._reader = reader
        self._wires: dict[str, dict[str, Any]] = wire_of(reader)["shapes"]
        self._answers: dict[Asked, Served] = {}
        asked = tuple(reader.requests())
        many = [request for request in asked if self.wire(request.shape)["identity"]]
        for number, request in enumerate(asked):
            wire = self.wire(request.shape)
            share = offers // len(many) if request in many else 0
            own = f"{seed}:{self.name}:{number}"
            content = self._sample(request.shape, wire["file"])
            self._add(request, scaled(content, wire, share, own, 1 + number * COPIES_APART))
        self._round = tuple(self._answers)
        for request in live_requests(reader):
            self._add(request, self._first(request.shape))
        self._now = self._answers

    def is_scalable(self) -> bool:
        """Tell whether any of its samples can be multiplied."""
        return any(self.wire(shape)["identity"] for shape in live_shapes(self._reader))

    def answers(self) -> list[Served]:
        """Give every answer of a round, without a fault; one that two requests share, once."""
        return list(dict.fromkeys(self._answers[asked] for asked in self._round))

    def offers(self) -> int:
        """Count the rows of all answers of a round."""
        wires = ((served.content, self.wire(served.shape)) for served in self.answers())
        return sum(len(rows(page_of(content, wire), wire)) for content, wire in wires)

    def go_wrong(self, text: str) -> None:
        """Begin to be wrong, "" to be right again; raises SimulationRefused."""
        wrong = wrong_of(text) if text else None
        if wrong is not None and wrong.shape not in ("", *self._wires):
            known = ", ".join(self._wires)
            raise SimulationRefused(f"{self.name}: expected a shape of {known}, found {text!r}")
        self.wrong = text
        self._now = {asked: self._with(wrong, served) for asked, served in self._answers.items()}

    def answer(self, asked: Asked) -> tuple[bytes, str] | None:
        """Give an answer's bytes and the fault of its transport or ""; None where there is none."""
        self.requests += 1
        key = asked if asked in self._answers else self._without_secret(asked)
        if key not in self._answers:
            return None
        wrong = wrong_of(self.wrong) if self.wrong else None
        is_hit = wrong is not None and self._is_hit(wrong, self._answers[key])
        transport = wrong.fault if wrong is not None and wrong.fault in TRANSPORT else ""
        return self._now[key].content, transport if is_hit else ""

    def _first(self, shape: str) -> bytes:
        """Give the first answer of a shape: its sample where a round does not ask for it."""
        answers = (served for served in self._answers.values() if served.shape == shape)
        found = next(answers, None)
        return found.content if found else self._sample(shape, self.wire(shape)["file"])

    def _without_secret(self, asked: Asked) -> Asked:
        names = {request.secret_as.partition(" ")[2] for request in live_requests(self._reader)}
        return asked._replace(query=tuple(part for part in asked.query if part[0] not in names))

    def _add(self, first: Request, content: bytes) -> None:
        """Add the answer to a request, and to those for the pages to which it leads."""
        files = iter(self.wire(first.shape).get("pages", ()))
        waiting = [(first, content)]
        page = 0
        while waiting:
            request, found = waiting.pop(0)
            if asked_of(request) in self._answers:
                continue
            self._answers[asked_of(request)] = Served(request.shape, page, found)
            for further, file in zip(self._further(request.shape, found), files, strict=False):
                waiting.append((further, self._sample(further.shape, file)))
            page += 1

    def _further(self, shape: str, content: bytes) -> Iterator[Request]:
        """Read an answer as it will be read, for the requests in it."""
        now_ns = time.time_ns()
        rates = tuple(Rate(name, now_ns - NS_PER_DAY, cost) for name, cost in CURRENCIES.items())
        try:
            found = list(self._reader.read(body_of(content, shape, now_ns, now_ns, rates)))
        except UnexpectedData as fault:
            raise SimulationRefused(f"{self.name} {shape}: cannot be served: {fault}") from None
        return (item for item in found if isinstance(item, Request))

    def _with(self, wrong: Wrong | None, served: Served) -> Served:
        if wrong is None or not self._is_hit(wrong, served):
            return served
        return served._replace(content=faulty(served.content, self.wire(served.shape), wrong.fault))

    def _is_hit(self, wrong: Wrong, served: Served) -> bool:
        """Tell whether a fault is done to this answer."""
        if wrong.shape:
            return (served.shape, served.page) == (wrong.shape, wrong.page)
        if wrong.fault in TRANSPORT or wrong.fault == "empty":
            return True  # An empty venue is empty everywhere.
        shapes = [s for s in live_shapes(self._reader) if wrong.fault in faults_of(self.wire(s))]
        return served.shape in shapes[:1] and served.page == wrong.page

    def wire(self, shape: str) -> dict[str, Any]:
        """Give what wire.json says of a shape; raises SimulationRefused."""
        if shape not in self._wires:
            raise SimulationRefused(f"{self.name}: expected a sample of the shape {shape!r}")
        return self._wires[shape]

    def _sample(self, shape: str, file: str) -> bytes:
        try:
            return (sample_folder(self._reader) / file).read_bytes()
        except OSError as fault:
            raise SimulationRefused(f"{self.name} {shape}: {file}: {fault.strerror}") from None
