"""BUNDLE: everything that published fixings rest on, written into one folder for anyone to check.

Takes   an archive whose fixings are logged; its log; or the parts one by one.
Gives   a folder: rows and fixings by day, tables, the log, the program that checks it all.
Keeps   a bundle whole or absent: it is written beside its place and moved there at the end. Each
        file is named by its hash in the manifest. The same archive and log give the same bytes.
Source  Decision 0019; docs/how-to/verify.md.

    MarketError
    └── BundleRefused    a folder that is in use, or an archive that its log does not speak of
"""

import ast
import json
import os
import secrets
import shutil
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path
from typing import NamedTuple

import chiphour.audit
from chiphour.adapters.archive import Archive
from chiphour.adapters.fixings import recorded
from chiphour.adapters.log import LogReader
from chiphour.adapters.log_tiles import CHECKPOINT
from chiphour.adapters.logged import batches_of
from chiphour.audit.folder import BATCHES
from chiphour.audit.folder import FIXINGS
from chiphour.audit.folder import LAYOUT
from chiphour.audit.folder import MANIFEST
from chiphour.audit.tree import entry_paths
from chiphour.audit.tree import leaf_hash
from chiphour.audit.tree import tiles_of
from chiphour.index.batch import batch_root
from chiphour.index.fixing import Fixing
from chiphour.index.fixing import document_of
from chiphour.index.leaves import Batch
from chiphour.index.leaves import Fix
from chiphour.index.leaves import leaf_from
from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.revision import Revision
from chiphour.index.revision import to_json
from chiphour.index.series import ALL_SERIES
from chiphour.index.series import BY_TICKER
from chiphour.index.tiles import WIDTH
from chiphour.index.tiles import bundle_of
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import Observation
from chiphour.observe.observation import canonical_bytes
from chiphour.observe.observation import canonical_json
from chiphour.observe.register import REGISTER
from chiphour.observe.register import REGISTER_SHA256
from chiphour.observe.register import VERSION
from chiphour.observe.venues import venues
from chiphour.units import day_from_ns

AUDIT = Path(chiphour.audit.__file__).parent
DOOR = "bundle"  # The file of the audit that has `main`.

Progress = Callable[[int, int], None]  # Days done, days in all.


class BundleRefused(MarketError):
    """A folder that is in use, or an archive that its log does not speak of."""


class Said(NamedTuple):
    """What a log says: its leaves; batches by strike; SHA-256 of fixings by strike; events."""

    leaves: list[bytes]
    batches: dict[int, Batch]
    fixes: dict[int, list[str]]
    events: list[bytes]


def publish_bundle(
    archive: Archive, log: LogReader, verifier: str, target: Path, progress: Progress | None = None
) -> int:
    """Write the bundle of an archive into a folder that is absent or empty; give its fixings.

    `verifier` is the public key of the log, as one line. Raises BundleRefused, and then leaves
    nothing behind.
    """
    said = said_by(log)
    numbers = {found: sequence for _, sequence, found in archive.fixing_hashes()}
    rows = batches_of(recorded(archive))
    strikes = sorted(said.batches)
    count = 0
    with bundle_writer(target) as writer:
        for done, strike in enumerate(strikes, 1):
            found = writer.batch(strike, rows.get(strike, ()))
            if found != said.batches[strike].root:
                raise BundleRefused(
                    f"batch of {day_from_ns(strike)}: expected the root that the log has, "
                    f"{said.batches[strike].root}, found {found}"
                )
            wanted = said.fixes.get(strike, ())
            missing = [each for each in wanted if each not in numbers]
            if missing:
                raise BundleRefused(
                    f"fixings of {day_from_ns(strike)}: expected {missing[0]} in the archive, "
                    "as its log says, found none"
                )
            writer.fixings(strike, archive.fixings_numbered([numbers[each] for each in wanted]))
            count += len(wanted)
            if progress is not None:
                progress(done, len(strikes))
        sources = {row.source for batch in rows.values() for row in batch}
        writer.finish(said, archive.revisions(), log.checkpoint(), verifier, sources)
    return count


def said_by(log: LogReader) -> Said:
    """Read a log, sorted by what its leaves speak of."""
    said = Said(list(log.leaves(0, log.size)), {}, {}, [])
    for bytes_of in said.leaves:
        leaf = leaf_from(bytes_of)
        if isinstance(leaf, Batch):
            said.batches[leaf.strike_ns] = leaf
        elif isinstance(leaf, Fix):
            said.fixes.setdefault(leaf.strike_ns, []).append(leaf.sha256)
        else:
            said.events.append(bytes_of)
    return said


def refuse_in_use(target: Path) -> None:
    """Raise BundleRefused for a folder that holds anything, or is none."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BundleRefused(
            f"{target}: expected a folder that is absent or empty, found one in use"
        )


@contextmanager
def bundle_writer(target: Path) -> Iterator["BundleWriter"]:
    """Give the writer of a bundle; moves it to its place at the end, or removes what there is.

    Raises BundleRefused where the folder holds anything.
    """
    refuse_in_use(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.parent / f".{target.name}.{secrets.token_hex(4)}"
    draft.mkdir()
    try:
        yield BundleWriter(draft)
        os.replace(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


class BundleWriter:
    """A bundle in the making. Several may write days of one bundle; one of them finishes it."""

    def __init__(self, folder: Path) -> None:
        """Write into a folder that is there; `files` says what was written."""
        self.folder = folder
        self.files: dict[str, dict[str, int | str]] = {}

    def batch(self, strike_ns: int, rows: Iterable[Observation]) -> str:
        """Write the rows that came in with a strike; give the root over their ids."""
        lines = {sha256(line).hexdigest(): line for line in map(canonical_bytes, rows)}
        ordered = sorted(lines)
        content = b"".join(lines[each] + b"\n" for each in ordered)
        self._write(f"{BATCHES}/{day_from_ns(strike_ns)}.jsonl", content)
        return batch_root(ordered)

    def fixings(self, strike_ns: int, fixings: Iterable[Fixing]) -> None:
        """Write every vintage of a strike, in its order."""
        ordered = sorted(fixings, key=_place)
        content = b"".join(document_of(each) + b"\n" for each in ordered)
        self._write(f"{FIXINGS}/{day_from_ns(strike_ns)}.jsonl", content)

    def finish(
        self,
        said: Said,
        revisions: Sequence[Revision],
        checkpoint: str,
        verifier: str,
        sources: Iterable[str],
    ) -> None:
        """Write all that is not of one day, and the manifest last."""
        self._write("events.jsonl", b"".join(leaf + b"\n" for leaf in said.events))
        documents = (canonical_json(to_json(each)) for each in revisions)
        self._write("revisions.jsonl", "".join(f"{each}\n" for each in documents).encode())
        self._write("log.pub", f"{verifier}\n".encode())
        for path, content in log_files(said.leaves, checkpoint):
            self._write(path, content)
        self._write("tables.json", f"{canonical_json(tables())}\n".encode())
        self._write("verify.py", assembled().encode())
        self._write("README.md", readme(sorted(said.fixes)).encode())
        self._write("NOTICE", notice(sources).encode())
        manifest = {"layout": LAYOUT, "files": self.files}
        text = json.dumps(manifest, indent=1, sort_keys=True)
        self._write(MANIFEST, f"{text}\n".encode())

    def _write(self, path: str, content: bytes) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        self.files[path] = {"bytes": len(content), "sha256": sha256(content).hexdigest()}


def log_files(leaves: Sequence[bytes], checkpoint: str) -> Iterator[tuple[str, bytes]]:
    """Give a log as its readers ask for it: no tile that a later one has replaced."""
    yield f"log/{CHECKPOINT}", checkpoint.encode()
    for number, path in enumerate(entry_paths(len(leaves))):
        yield f"log/{path}", bundle_of(leaves[number * WIDTH : (number + 1) * WIDTH])
    for path, content in tiles_of([leaf_hash(leaf) for leaf in leaves]):
        yield f"log/{path}", content


def tables() -> dict[str, object]:
    """Give all the tables that the rules need, as plain JSON values."""
    series = [row._asdict() | {"filter": row.filter._asdict()} for row in ALL_SERIES]
    return {
        "methodology": V2026_1.methodology,
        "parameters": {name: each._asdict() for name, each in SETS.items()},
        "register": {
            "rows": [row._asdict() for row in REGISTER.values()],
            "sha256": REGISTER_SHA256,
            "version": VERSION,
        },
        "series": series,
    }


def _place(fixing: Fixing) -> tuple[int, str, int]:
    return BY_TICKER[fixing.series].number, fixing.parameter_set, fixing.known_ns


# -- what people and Python read ----------------------------------------------------------


def notice(sources: Iterable[str]) -> str:
    """Say whose prices are in the bundle, on what terms, and what the program says of its own."""
    known = venues()
    lines = ["The prices in batches/ were read from these sources, under their terms:", ""]
    for source in sorted(sources):
        found = known.get(source)
        lines.append(
            f"{source}: {found.VENUE.publisher}; {found.VENUE.terms}" if found else f"{source}"
        )
    ours = distribution("chiphour").read_text("licenses/NOTICE") or ""
    return "\n".join([*lines, "", "The notice of the program that wrote the bundle:", "", ours])


def readme(strikes: Sequence[int]) -> str:
    """Say what the bundle is and how to check it, with an example that it holds."""
    day = day_from_ns(strikes[-1]).isoformat() if strikes else "2026-07-20"
    first = day_from_ns(strikes[0]).isoformat() if strikes else day
    series = ALL_SERIES[0].ticker
    return README.format(first=first, last=day, series=series)


README = """# Fixings of GPU chip-hours, with all that they rest on

Every fixing from {first} to {last}: the prices that went in, the rules' tables, the log that
both stand in, and a program that recomputes each figure. Nothing here has to be believed.

    python verify.py                       # everything
    python verify.py {series} {last}      # one fixing, all its vintages

It needs Python 3.11 or later, no package and no network, and prints `match`, or the first
difference with exit code 1. `--as-of TIME` checks what was known then, `--json` prints an object.
It cannot tell whose log this is: compare `log.pub` with the key that you know, and the checkpoint
with one that a witness holds. If you do not trust this copy of the program, take it from the
sources: it is the files of `src/chiphour/audit`, one after another.

| | |
|---|---|
| `batches/DAY.jsonl` | the prices that came in with the strike of that day, 00:30 UTC |
| `fixings/DAY.jsonl` | every vintage of every fixing of that strike |
| `tables.json` | series, venues and parameters |
| `events.jsonl`, `revisions.jsonl` | what the log says of changes, and those changes |
| `log/`, `log.pub` | the transparency log as tiles (C2SP tlog-tiles), and its public key |
| `manifest.json` | size and SHA-256 of every other file |

A line is named by its SHA-256: that of a price is its id, that of a fixing is in the log.

Fixings and figures are published under CC BY 4.0, the program under the Apache License 2.0; the
prices remain under the terms of their sources, which NOTICE names.
"""


def assembled() -> str:
    """Write the audit as one program that imports Python's own library alone."""
    sources = {
        path.stem: path.read_text()
        for path in sorted(AUDIT.glob("*.py"))
        if path.stem != "__init__"
    }
    parts = {name: _part(name, source) for name, source in sources.items()}
    imports = sorted({line for part in parts.values() for line in part.imports})
    body = [parts[name].text for name in _ordered(parts)]
    names = [name for part in parts.values() for name in part.names]
    twice = {name for name in names if names.count(name) > 1}
    assert not twice, f"one program has one thing of a name, found two of {sorted(twice)}"
    heading = (
        '"""VERIFY: check this bundle: files, log, rows, and every figure of every fixing.\\n\\n'
        "Written from the files of src/chiphour/audit, one after another; each part opens with\\n"
        'what it takes, gives and keeps.\\n"""'
    ).replace("\\n", "\n")
    ending = 'if __name__ == "__main__":\n    main()\n'
    return "\n\n".join([heading, "\n".join(imports), *body, ending])


class Part(NamedTuple):
    """A file of the audit: what it needs of its neighbours and of Python, and what it defines."""

    needs: Sequence[str]
    imports: Sequence[str]
    names: Sequence[str]
    text: str


def _part(name: str, source: str) -> Part:
    """Take a file apart: its header becomes a comment, its imports go to the top."""
    tree = ast.parse(source)
    header, *rest = tree.body
    words = ast.get_docstring(tree)
    assert words is not None, f"{name}.py opens with a header"
    lines = source.splitlines()
    comment = [f"# {line}".rstrip() for line in words.splitlines()]
    needs, imports, names = [], [], []
    kept = set(range(header.end_lineno or 0, len(lines)))
    for node in rest:
        if isinstance(node, ast.Import | ast.ImportFrom):
            kept -= set(range(node.lineno - 1, node.end_lineno or 0))
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            if module.startswith("chiphour.audit."):
                needs.append(module.rpartition(".")[2])
            else:
                imports.append(ast.unparse(node))
        names += _defined(node)
    body = "\n".join(lines[at] for at in sorted(kept)).strip("\n")
    return Part(needs, imports, names, "\n".join(comment) + f"\n\n\n{body}\n")


def _defined(node: ast.stmt) -> list[str]:
    """Name what a statement at the top of a file defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets: Sequence[ast.expr] = ()
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    return [
        each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)
    ]


def _ordered(parts: Mapping[str, Part]) -> list[str]:
    """Put each file behind those that it needs; the door comes last."""
    ordered: list[str] = []

    def place(name: str) -> None:
        for need in sorted(set(parts[name].needs)):
            place(need)
        if name not in ordered:
            ordered.append(name)

    place(DOOR)
    return ordered
