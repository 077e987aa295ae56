"""PROOF: where a fix stands in the transparency log, and how the log stands.

Takes   the number and the bytes of a leaf; a signed checkpoint.
Gives   the records `Logged` and `LogState`, and their published shapes.
Keeps   what a verifier hashes as the bytes that are hashed: a leaf as its text, the checkpoint as
        the note that was signed.
Source  RFC 6962; C2SP tlog-checkpoint and signed-note; decisions 0018 and 0023.
"""

from typing import NamedTuple

from chiphour.index.merkle import leaf_hash
from chiphour.index.note import checkpoint_of
from chiphour.index.note import note_of
from chiphour.publish.columns import HASH
from chiphour.publish.columns import Column
from chiphour.publish.columns import Shape
from chiphour.publish.columns import count
from chiphour.publish.columns import text

_HASH = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"


class Logged(NamedTuple):
    """Where a fixing stands in the log: the number of its leaf, and the leaf's bytes.

    `root` is over the leaves up to it and with it: it never changes, and every later checkpoint
    is consistent with it. "" where nobody asked for it.
    """

    number: int
    leaf: bytes
    root: str = ""


class LogState(NamedTuple):
    """The log as it stands: its newest signed checkpoint, the key that signs, the last leaves."""

    checkpoint: str
    vkey: str
    latest: tuple[Logged, ...] = ()

    @property
    def size(self) -> int:
        """Count the leaves."""
        return checkpoint_of(note_of(self.checkpoint).text).size

    @property
    def root(self) -> str:
        """Give the root over the leaves, in hexadecimal."""
        return checkpoint_of(note_of(self.checkpoint).text).root.hex()

    @property
    def origin(self) -> str:
        """Give the name of the log."""
        return checkpoint_of(note_of(self.checkpoint).text).origin


def _leaf_columns() -> tuple[Column[Logged], ...]:
    return (
        count("index", "Number of its leaf, from 0.", 1_024, lambda found: found.number),
        text("leaf", "The leaf: canonical JSON.", "", lambda found: found.leaf.decode()),
        text(
            "leaf_hash",
            "SHA-256 of a zero byte and the leaf.",
            _HASH,
            lambda found: leaf_hash(found.leaf).hex(),
            HASH,
        ),
        text(
            "root", "Over the leaves up to it and with it.", _HASH, lambda found: found.root, HASH
        ),
    )


LOGGED = Shape[Logged]("Logged", "Where it stands in the transparency log.", _leaf_columns())
LOG = Shape[LogState](
    "Log",
    "The transparency log as it stands.",
    (
        text("origin", "Its name.", "chiphour", lambda log: log.origin),
        count("size", "How many leaves it has.", 2_048, lambda log: log.size),
        text("root", "The root over them.", _HASH, lambda log: log.root, HASH),
        text("checkpoint", "The signed note.", "", lambda log: log.checkpoint),
        text("vkey", "The key that signs it.", "", lambda log: log.vkey),
        text("tiles", "Where its tiles lie.", "/log/", lambda _: "/log/"),
    ),
)
