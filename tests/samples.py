"""SAMPLES: the bytes that lie in the folder of each venue, what they give, and how they are built.

Takes   the folders `observe/venues/<name>/sample/`, each with its `wire.json`.
Gives   every sample as a Body; its observations; the paths of its rows, prices and names.
Keeps   what a reader gives from its samples written down beside them. Run this file to write that
        anew: `.venv/bin/python tests/samples.py NAME ...`, then read the difference.
Source  Decision 0015.

`wire.json`:

    {"shapes": {SHAPE: {
        "file":     the sample, in this folder: NAME.json, .jsonl, .csv; .html or .xml with "edits"
        "origin":   the shipped recording that it is (an excerpt of), below `recordings/open`; ""
                    for bytes written from the published description
        "pages":    files that answer the requests which reading `file` gives, in order
        "rows":     pointer to the list, or map, of offers: "data/gpuTypes"; "" is the whole body
        "price":    pointers inside a row to every price, "*" for each of a list or map
        "chip":     pointers inside a row to every text that names its chip; "@" is its key in a map
        "identity": pointers inside a row that tell it from another; [] if it cannot be multiplied
        "needed":   a field of a row without which it must not be read
        "edits":    of markup: {FAULT: [pattern, text]}, what does that fault to it
     }},
     "outcomes": {FAULT or FAULT@SHAPE: what comes of it, where it differs from the common outcome:
                  a code, a flag, "NONE" (nothing changes) or "GONE" (the row does)},
     "unmapped": [words that no table holds and that the sample has all the same]}

A shape may have "fault_row": the number of the row to which the faults of content are done.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import NamedTuple

from chiphour.observe.observation import Observation
from chiphour.observe.venue import Body
from chiphour.observe.venue import Rate
from chiphour.observe.venue import Request
from chiphour.observe.venue import body_of
from chiphour.observe.venues import venues
from chiphour.units import NS_PER_DAY
from chiphour.units import ns_from_iso

SAMPLE_NS = ns_from_iso("2026-11-27T12:00:00+00:00")  # When a sample without a time was seen.
RATES = tuple(
    Rate(currency, SAMPLE_NS - NS_PER_DAY, nanousd)
    for currency, nanousd in (("EUR", 1_100_000_000), ("GBP", 1_300_000_000))
)


class Sample(NamedTuple):
    """One file of a venue's samples, with the entry of `wire.json` that tells of it."""

    venue: str
    shape: str
    file: Path
    wire: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.venue}-{self.file.stem}"

    @property
    def content(self) -> bytes:
        return self.file.read_bytes()

    @property
    def expected(self) -> Path:
        return self.file.with_suffix(".expected.json")


def folder_of(venue: str) -> Path:
    return Path(str(venues()[venue].__file__)).parent / "sample"


def wire_of(venue: str) -> dict[str, Any]:
    return json.loads((folder_of(venue) / "wire.json").read_text())


def samples(venue: str) -> list[Sample]:
    """List the samples of a venue, follow-up pages too."""
    return [
        Sample(venue, shape, folder_of(venue) / file, wire)
        for shape, wire in wire_of(venue)["shapes"].items()
        for file in (wire["file"], *wire.get("pages", ()))
    ]


def all_samples() -> list[Sample]:
    return [sample for venue in venues() for sample in samples(venue)]


def sample_body(sample: Sample, content: bytes | None = None) -> Body:
    """Give the sample, or other bytes in its place, as a reader is given it."""
    found = sample.content if content is None else content
    stated_ns = venues()[sample.venue].stated_ns(found, sample.shape)
    time_ns = SAMPLE_NS if stated_ns is None else stated_ns
    return body_of(found, sample.shape, time_ns, time_ns, RATES)


def read(sample: Sample, content: bytes | None = None) -> list[Observation | Request]:
    return list(venues()[sample.venue].read(sample_body(sample, content)))


def observations(sample: Sample, content: bytes | None = None) -> list[Observation]:
    return [item for item in read(sample, content) if isinstance(item, Observation)]


def written(items: list[Observation | Request]) -> list[dict[str, Any]]:
    """Give what was read as it is written down: each item under the name of its kind."""
    return [{type(item).__name__: as_json(item)} for item in items]


def as_json(item: Observation | Request) -> dict[str, Any]:
    return json.loads(json.dumps(item._asdict()))


def places(row: Any, pointer: str) -> Iterator[tuple[Any, Any]]:
    """Yield (holder, key) for each place that a pointer names; a part that is not there ends it."""
    head, _, rest = pointer.partition("/")
    if isinstance(row, dict):
        keys = list(row) if head == "*" else [head] if head in row else []
    elif isinstance(row, list):
        keys = list(range(len(row))) if head == "*" else [int(head)] if head.isdecimal() else []
    else:
        keys = []
    for key in keys:
        if rest:
            yield from places(row[key], rest)
        else:
            yield row, key


def main(names: list[str]) -> None:
    for name in names or list(venues()):
        for sample in samples(name):
            text = json.dumps(written(read(sample)), indent=1, ensure_ascii=False)
            sample.expected.write_text(text + "\n")
            print(sample.expected.relative_to(Path.cwd()))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
