"""BUNDLES: a small bundle of five days, made the way that real ones are, and how to forge it.

Takes   a folder.
Gives   `make`: a bundle of a real archive and log; `forge`, which changes a file and the manifest
        with it, as whoever wants to be believed would; `log_again`, which signs another log.
Keeps   the same bytes each time, but for the key of the log.
Source  Decision 0019.
"""

import json
from hashlib import sha256

from archives import answer
from chiphour.adapters.archive import Archive
from chiphour.adapters.bundle import log_files
from chiphour.adapters.bundle import publish_bundle
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.fixings import recorded
from chiphour.adapters.fixings import span
from chiphour.adapters.log import open_log
from chiphour.adapters.signing import Signer
from chiphour.audit.tree import entries_of
from chiphour.audit.tree import entry_paths
from chiphour.audit.tree import leaf_hash
from chiphour.audit.tree import root_of
from chiphour.index.note import Checkpoint
from chiphour.index.note import Note
from chiphour.index.note import checkpoint_body
from chiphour.index.note import note_text
from chiphour.units import NS_PER_DAY
from chiphour.units import ns_from_iso

SERIES = "CHR.H100.SXM.OD"
DAYS = ("2026-07-20", "2026-07-21", "2026-07-22", "2026-07-23", "2026-07-24")
VENUES = ("lambda", "verda", "crusoe", "nebius", "vultr", "seeweb")
NOON_NS = ns_from_iso("2026-07-19T12:00:00Z")
LATE_NS = NS_PER_DAY  # One card of the second day came in a day late.


def polls():
    """Give an answer a day, with a card of each venue; the prices move a little."""
    for day in range(len(DAYS)):
        rows = [
            {"venue": venue, "price_nanousd": 10**9 * (3 + place) // 1 + 10**7 * day}
            for place, venue in enumerate(VENUES[: 5 + day % 2])
        ]
        yield answer(b"%d" % day, rows, NOON_NS + day * NS_PER_DAY)
    late = NOON_NS + NS_PER_DAY
    row = {"venue": "scaleway", "price_nanousd": 9 * 10**9, "received_ns": late + LATE_NS}
    yield answer(b"late", [row], late)


def filled(folder):
    """Give an archive with these polls."""
    archive = Archive(folder)
    for each in polls():
        archive.keep_poll("acme", "acme-1", [each])
    return archive


def fixed(folder):
    """Give an archive with these polls, fixed, and its log."""
    archive, log = filled(folder), open_log(folder)
    fix_range(archive, *span(recorded(archive)), log=log)
    return archive, log


def make(folder):
    """Write a bundle, and the data folder that it is of beside it; give the folder."""
    archive, log = fixed(folder.parent / "data")
    publish_bundle(archive, log, log.key.text, folder)
    archive.close()
    return folder


def forge(folder, path, content):
    """Put another content in a file's place (None removes it), and the manifest in order."""
    manifest = json.loads((folder / "manifest.json").read_text())
    if content is None:
        (folder / path).unlink()
        del manifest["files"][path]
    else:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
        digest = sha256(content).hexdigest()
        manifest["files"][path] = {"bytes": len(content), "sha256": digest}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def leaves_of(folder):
    """Give the leaves of a bundle's log."""
    size = int((folder / "log/checkpoint").read_text().splitlines()[1])
    paths = [folder / "log" / path for path in entry_paths(size)]
    return [leaf for path in paths for leaf in entries_of(path.read_bytes())]


def log_again(folder, leaves, key=None):
    """Put a log of other leaves in place, signed by its own key or by that of another file."""
    signer = Signer(key or folder.parent / "data/keys/log.key")
    root = root_of([leaf_hash(leaf) for leaf in leaves])
    text = checkpoint_body(Checkpoint(signer.name, len(leaves), root))
    for path in [*folder.glob("log/tile/**/*")]:
        if path.is_file():
            forge(folder, path.relative_to(folder).as_posix(), None)
    for path, content in log_files(leaves, note_text(Note(text, (signer.signature(text),)))):
        forge(folder, path, content)
