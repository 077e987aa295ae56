"""NOTE: signed notes: the checkpoints of a log, and what its witnesses sign.

Takes   a note as text; keys of logs and witnesses, each as one line.
Gives   a `Checkpoint` that was believed; the lines of signatures; which witnesses signed, when.
Keeps   signatures of unknown keys unread, as the form demands; one bad signature of a known key
        refuses the whole note. Nothing is read loosely: a note has one spelling.
Source  C2SP signed-note, tlog-checkpoint and tlog-cosignature; RFC 8032; decision 0018.

    chiphour-log/5a0e21c4               the origin
    20852163                            how many leaves
    CsUYapGGPo4dkMgIAUqom/Xajj...       the root over them, base64
                                        an empty line, then one line for each signature:
    — NAME base64(id | signature)       of the log, over the lines above
    — NAME base64(id | time | signature)    of a witness, over `cosignature/v1`, the time, the same

    MarketError
    └── NoteRefused     not a note, or not signed by whom it should be
"""

from base64 import b64decode
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chiphour.index.merkle import HASH_BYTES
from chiphour.observe.observation import MarketError

ED25519 = 0x01
COSIGNATURE = 0x04  # Ed25519 too, over the time and the checkpoint: what a witness signs.
ALGORITHMS = (ED25519, COSIGNATURE)
DASH = "\u2014"
KEY_BYTES = 32
_PRIME = 2**255 - 19
_ORDER_EIGHT = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER = (0, 1, _PRIME - 1, _ORDER_EIGHT, _PRIME - _ORDER_EIGHT)  # Their y; RFC 8032, 5.1.
ID_BYTES = 4
TIME_BYTES = 8
SIGNATURE_BYTES = 64
NOTE_CHARACTERS_MAX = 1 << 17  # Sixteen signatures of nearly 5 kB, which must be accepted, fit in.
TREE_SIZE_DIGITS_MAX = 19  # Below 2 to the 63rd.


class NoteRefused(MarketError):
    """Not a note, or not signed by whom it should be."""


class VerifierKey(NamedTuple):
    """A public key with the name of its holder and the byte of its use."""

    name: str
    algorithm: int
    key: bytes

    @property
    def id(self) -> bytes:
        """Give the four bytes that open each signature of this key."""
        return sha256(f"{self.name}\n".encode() + bytes([self.algorithm]) + self.key).digest()[:4]

    @property
    def text(self) -> str:
        """Write the key as one line: name, id, base64."""
        return f"{self.name}+{self.id.hex()}+{_base64(bytes([self.algorithm]) + self.key)}"


class Signature(NamedTuple):
    """One line below a note: who is said to have signed, and the bytes."""

    name: str
    id: bytes
    payload: bytes

    @property
    def line(self) -> str:
        """Write the line, without its end."""
        return f"{DASH} {self.name} {_base64(self.id + self.payload)}"


class Note(NamedTuple):
    """A text, its last newline included, and the signatures below it."""

    text: str
    signatures: tuple[Signature, ...]


class Checkpoint(NamedTuple):
    """What a log says of itself: whose it is, how many leaves it has, and the root over them."""

    origin: str
    size: int
    root: bytes


class Cosignature(NamedTuple):
    """A witness that saw a checkpoint and found it to follow from all that it saw before."""

    witness: str
    time_s: int


def vkey_of(text: str) -> VerifierKey:
    """Read a key written as one line; raises NoteRefused."""
    name, *rest = text.strip().split("+", 2)
    blob = _bytes(rest[1]) if len(rest) == 2 else None
    if blob is None or len(blob) != 1 + KEY_BYTES or blob[0] not in ALGORITHMS:
        raise NoteRefused(f"expected a key such as NAME+ID+BASE64, found {text.strip()[:100]!r}")
    key = VerifierKey(key_name(name), blob[0], blob[1:])
    if rest[0] != key.id.hex():
        raise NoteRefused(f"expected the id {key.id.hex()} in the key of {name}, found {rest[0]}")
    if _is_anybodys(key.key):
        raise NoteRefused(f"expected a key of large order in the key of {name}, found {rest[1]}")
    return key


def _is_anybodys(key: bytes) -> bool:
    """Tell whether a point is spelled twice or of an order up to 8: anyone can sign for such."""
    y = int.from_bytes(key, "little") & (1 << 255) - 1
    return y >= _PRIME or y in _SMALL_ORDER


def key_name(text: str) -> str:
    """Give the name of a key as it is; raises NoteRefused for one that no note can hold."""
    if "+" in text or text.split() != [text] or any(_is_control(letter) for letter in text):
        raise NoteRefused(f"expected a name without spaces and plus signs, found {text[:80]!r}")
    return text


def note_of(content: str) -> Note:
    """Read a note; nothing of it is believed yet. Raises NoteRefused."""
    text, gap, below = content.rpartition("\n\n")
    if not gap or not text or not below.endswith("\n") or len(content) > NOTE_CHARACTERS_MAX:
        raise NoteRefused(
            f"expected a text, an empty line and lines of signatures in {NOTE_CHARACTERS_MAX} "
            f"characters, found {content[-60:]!r} at the end of {len(content)}"
        )
    if any(_is_control(letter) for letter in content.replace("\n", "")):
        raise NoteRefused("expected UTF-8 without control characters in a note, found some")
    return Note(text + "\n", tuple(signature_of(line) for line in below[:-1].split("\n")))


def signature_of(line: str) -> Signature:
    """Read one line of a signature; raises NoteRefused."""
    words = line.split(" ")
    blob = _bytes(words[2]) if len(words) == 3 and words[0] == DASH else None
    if blob is None or len(blob) <= ID_BYTES:
        raise NoteRefused(f"expected a line `{DASH} NAME BASE64`, found {line[:100]!r}")
    return Signature(key_name(words[1]), blob[:ID_BYTES], blob[ID_BYTES:])


def note_text(note: Note) -> str:
    """Write a note."""
    return note.text + "\n" + "".join(f"{signature.line}\n" for signature in note.signatures)


def checkpoint_body(checkpoint: Checkpoint) -> str:
    """Write the text that a log signs."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{_base64(checkpoint.root)}\n"


def checkpoint_of(text: str) -> Checkpoint:
    """Read the text of a checkpoint, in its one spelling; raises NoteRefused.

    Lines after the third are refused: our log writes none, and no monitor could audit them.
    """
    lines = text.split("\n")
    root = _bytes(lines[2]) if len(lines) == 4 else None
    size = lines[1] if root is not None else ""
    if (
        root is None
        or len(root) != HASH_BYTES
        or not lines[0]
        or not (size.isascii() and size.isdigit() and len(size) <= TREE_SIZE_DIGITS_MAX)
        or size != str(int(size))
        or lines[3]
    ):
        raise NoteRefused(f"expected lines of origin, size and root, found {text[:120]!r}")
    return Checkpoint(lines[0], int(size), root)


def is_signed_by(key: VerifierKey, message: bytes, signature: bytes) -> bool:
    """Tell whether 64 bytes are the key's Ed25519 signature of a message."""
    try:
        Ed25519PublicKey.from_public_bytes(key.key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def verified(content: str, key: VerifierKey) -> Checkpoint:
    """Read a checkpoint that the log of this key signed; raises NoteRefused."""
    assert key.algorithm == ED25519, "a log signs the note itself"
    note = note_of(content)
    mine = [each.payload for each in note.signatures if (each.name, each.id) == (key.name, key.id)]
    if not mine:
        raise NoteRefused(f"expected a signature of {key.text}, found none")
    if not all(is_signed_by(key, note.text.encode(), payload) for payload in mine):
        raise NoteRefused(f"expected a signature of {key.text} over the text, found another")
    checkpoint = checkpoint_of(note.text)
    if checkpoint.origin != key.name:
        raise NoteRefused(f"expected the origin {key.name}, found {checkpoint.origin}")
    return checkpoint


def cosigned_message(text: str, time_s: int) -> bytes:
    """Give the bytes that a witness signs: a line of their own, the time, the whole text."""
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def cosignature_of(text: str, signature: Signature, witness: VerifierKey) -> Cosignature:
    """Read a witness's signature of a checkpoint's text; raises NoteRefused unless it is good."""
    assert witness.algorithm == COSIGNATURE, "a witness signs the time too"
    time_s = int.from_bytes(signature.payload[:TIME_BYTES], "big")
    if (
        (signature.name, signature.id) != (witness.name, witness.id)
        or len(signature.payload) != TIME_BYTES + SIGNATURE_BYTES
        or time_s >> 63
        or not is_signed_by(witness, cosigned_message(text, time_s), signature.payload[TIME_BYTES:])
    ):
        raise NoteRefused(
            f"expected a cosignature of {witness.text} over this checkpoint, found another"
        )
    return Cosignature(witness.name, time_s)


def cosignatures(content: str, witnesses: Iterable[VerifierKey]) -> list[Cosignature]:
    """Give the good cosignatures under a note of the witnesses that the reader knows, one each.

    Of several by one witness the latest counts. Raises NoteRefused for a bad one of theirs.
    """
    note = note_of(content)
    found = []
    for witness in dict.fromkeys(witnesses):
        times = [
            cosignature_of(note.text, each, witness).time_s
            for each in note.signatures
            if (each.name, each.id) == (witness.name, witness.id)
        ]
        found += [Cosignature(witness.name, max(times))] if times else []
    return found


def witnessed(
    content: str, key: VerifierKey, witnesses: Iterable[VerifierKey], at_least: int
) -> Checkpoint:
    """Read a checkpoint that its log signed and at least so many of these witnesses cosigned.

    Witnesses of one key count once, whatever their names. Raises NoteRefused.
    """
    checkpoint = verified(content, key)
    known = {witness.key: witness for witness in witnesses}
    found = [each.witness for each in cosignatures(content, known.values())]
    if len(found) < at_least:
        raise NoteRefused(
            f"expected cosignatures of {at_least} of {len(known)} witnesses, "
            f"found {len(found)}: {', '.join(found) or 'none'}"
        )
    return checkpoint


def _is_control(letter: str) -> bool:
    """Tell whether a letter can stand in no note: a control, or half of a pair (no UTF-8)."""
    return letter < " " or "\ud800" <= letter <= "\udfff"


def _base64(content: bytes) -> str:
    return b64encode(content).decode()


def _bytes(text: str) -> bytes | None:
    """Read base64 in its one spelling; None for anything else."""
    try:
        content = b64decode(text, validate=True)
    except ValueError:
        return None
    return content if _base64(content) == text else None
