"""PROOF: where a fix stands in the transparency log, and how the log stands.

Takes   the number and the bytes of a leaf; a signed checkpoint.
Gives   the records `Logged` and `LogState`, and their published shapes.
Keeps   what a verifier hashes as the bytes that are hashed: a leaf as its text, the checkpoint as
        the note that was signed.
Source  RFC 6962; C2SP tlog-checkpoint and signed-note; decisions 0018 and 0023.
"""

from typing import NamedTuple

from chiphour.index.merkle import leaf_hash
from chiphour.index.note import TIME_BYTES
from chiphour.index.note import Signature
from chiphour.index.note import checkpoint_of
from chiphour.index.note import note_of
from chiphour.index.tiles import HEIGHT
from chiphour.index.tiles import WIDTH
from chiphour.index.tiles import levels
from chiphour.publish.columns import HASH
from chiphour.publish.columns import Column
from chiphour.publish.columns import Shape
from chiphour.publish.columns import count
from chiphour.publish.columns import many
from chiphour.publish.columns import moment_or_null
from chiphour.publish.columns import text
from chiphour.publish.columns import texts
from chiphour.publish.columns import word
from chiphour.units import NS_PER_SECOND

ROLES = ("log", "witness")
_VKEY = "witness.example/w1+40676876+BKEJyIRxmqfq51RL/5SHAJFAU5AbiRhc2HskRv3iHivU"
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
    """The log as it stands: its newest signed checkpoint, the key that signs, the last leaves.

    `witnesses` are the keys of those who may cosign it, each as one line.
    """

    checkpoint: str
    vkey: str
    latest: tuple[Logged, ...] = ()
    witnesses: tuple[str, ...] = ()

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


class Signer(NamedTuple):
    """Who is said to have signed a checkpoint; `seen_ns` is when a witness saw it, None of the log.

    Nothing of it is checked here: whoever reads must know the keys.
    """

    name: str
    key_id: str
    role: str
    seen_ns: int | None


class Level(NamedTuple):
    """A level of the tree as files: so many full tiles, and the width of one that still grows."""

    level: int
    full: int
    partial: int


def signers_of(checkpoint: str) -> list[Signer]:
    """Give who signed a checkpoint: the log itself, and witnesses with their times."""
    note = note_of(checkpoint)
    origin = checkpoint_of(note.text).origin
    return [_signer(each, origin) for each in note.signatures]


def _signer(signature: Signature, origin: str) -> Signer:
    if signature.name == origin:
        return Signer(origin, signature.id.hex(), "log", None)
    seen_ns = int.from_bytes(signature.payload[:TIME_BYTES], "big") * NS_PER_SECOND
    return Signer(signature.name, signature.id.hex(), "witness", seen_ns)


def levels_of(size: int) -> list[Level]:
    """Give the levels of a tree of so many leaves, the lowest first."""
    return [Level(level, *divmod(size >> HEIGHT * level, WIDTH)) for level in levels(size)]


LOGGED = Shape[Logged]("Logged", "Where it stands in the transparency log.", _leaf_columns())
LEAF = Shape[Logged]("Leaf", "A leaf of the log.", _leaf_columns()[:3])
SIGNER = Shape[Signer](
    "Signer",
    "Who is said to have signed a checkpoint. Check it with keys that you know.",
    (
        text("name", "Of the key.", "chiphour", lambda s: s.name),
        text("key_id", "Four bytes that tell the key.", "a1b2c3d4", lambda s: s.key_id),
        word("role", "Whether the log signed, or a witness.", "log", lambda s: s.role, ROLES),
        moment_or_null(
            *("seen", "When a witness saw it, UTC; null: the log.", "2026-07-20T00:35:00Z"),
            lambda s: s.seen_ns,
        ),
    ),
)
LEVEL = Shape[Level](
    "LogLevel",
    "A level of the tree, as the files that hold it.",
    (
        count("level", "From 0, that of the leaves.", 0, lambda found: found.level),
        count("full", "Tiles that never change again.", 8, lambda found: found.full),
        count("partial", "Width of the one that grows; 0: none.", 12, lambda f: f.partial),
    ),
)
LOG = Shape[LogState](
    "Log",
    "The transparency log as it stands.",
    (
        text("origin", "Its name.", "chiphour", lambda log: log.origin),
        count("size", "How many leaves it has.", 2_048, lambda log: log.size),
        text("root", "The root over them.", _HASH, lambda log: log.root, HASH),
        text("checkpoint", "The signed note.", "", lambda log: log.checkpoint),
        text("vkey", "The key that signs it.", "", lambda log: log.vkey),
        texts("witnesses", "Keys of who may cosign.", [_VKEY], lambda log: log.witnesses),
        text("tiles", "Where its tiles lie.", "/log/", lambda _: "/log/"),
    ),
    (
        many("signers", SIGNER, "The log, then witnesses.", lambda log: signers_of(log.checkpoint)),
        many("levels", LEVEL, "The lowest first.", lambda log: levels_of(log.size)),
        many("latest", LEAF, "The last leaves, the earliest first.", lambda log: log.latest),
    ),
)
