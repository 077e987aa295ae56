"""SIGNING: an Ed25519 key in a file of its own, made when it is first needed.

Takes   the path of the file; the name of who signs, or none: then the key names itself.
Gives   `Signer`: the public key as one line, signatures of bytes, lines below a note.
Keeps   the secret in its file, readable by its owner alone, never printed and never logged. A
        file that others can read is refused: such a key may be anybody's.
Source  RFC 8032; C2SP signed-note and tlog-cosignature; decision 0018.

The file has one line, `PRIVATE+KEY+NAME+ID+BASE64`: the byte of the algorithm, then the seed.

    MarketError
    └── KeyRefused      a file that holds no key of this kind, or is open to others
"""

import fcntl
import os
import secrets
import stat
from base64 import b64decode
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chiphour.index.note import COSIGNATURE
from chiphour.index.note import ED25519
from chiphour.index.note import TIME_BYTES
from chiphour.index.note import NoteRefused
from chiphour.index.note import Signature
from chiphour.index.note import VerifierKey
from chiphour.index.note import cosigned_message
from chiphour.index.note import key_name
from chiphour.observe.observation import MarketError

PREFIX = "PRIVATE+KEY+"
SEED_BYTES = 32
FILE_BYTES_MAX = 4_096


class KeyRefused(MarketError):
    """A file that holds no key of this kind, or is open to others."""


class Signer:
    """Who signs: a log (ED25519), or a witness of logs (COSIGNATURE)."""

    def __init__(self, path: Path, name: str = "", algorithm: int = ED25519) -> None:
        """Read the key of a file, or make it there; raises KeyRefused.

        Without a name a new key is named for its own hash, so that no two have one name. With a
        name the file must hold that name.
        """
        try:
            text = _text(path, name, algorithm)
        except OSError as fault:
            raise KeyRefused(f"{path}: expected a key, found {fault.strerror}") from fault
        except NoteRefused as fault:
            raise KeyRefused(f"{path}: {fault}") from fault
        self.verifier, seed = _read(text, path)
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        if self.verifier.algorithm != algorithm or (name and self.verifier.name != name):
            raise KeyRefused(
                f"{path}: expected the key of {name or 'any name'} for algorithm {algorithm}, "
                f"found {self.verifier.name} for {self.verifier.algorithm}"
            )
        if self._key.public_key().public_bytes_raw() != self.verifier.key:
            raise KeyRefused(f"{path}: expected a seed that makes the key of its id, found another")

    @property
    def name(self) -> str:
        """Give the name of who signs."""
        return self.verifier.name

    @property
    def vkey(self) -> str:
        """Write the public key as one line."""
        return self.verifier.text

    def sign(self, message: bytes) -> bytes:
        """Give the 64 bytes of the signature of a message."""
        return self._key.sign(message)

    def signature(self, text: str) -> Signature:
        """Sign a note's text as a log does."""
        assert self.verifier.algorithm == ED25519
        return Signature(self.name, self.verifier.id, self.sign(text.encode()))

    def cosignature(self, text: str, time_s: int) -> Signature:
        """Sign a checkpoint's text as a witness does, at a POSIX time."""
        assert self.verifier.algorithm == COSIGNATURE
        signed = self.sign(cosigned_message(text, time_s))
        payload = time_s.to_bytes(TIME_BYTES, "big") + signed
        return Signature(self.name, self.verifier.id, payload)


def _text(path: Path, name: str, algorithm: int) -> str:
    """Give what the file says; make it, whole and durable, where it is not there yet."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(f"{path.name}.lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)  # Two that start at once must get the same key.
            if not path.exists():
                _make(path, name, algorithm)
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise KeyRefused(
                f"{path}: expected a key that its owner alone can read (mode 0600), "
                f"found mode {mode:04o}"
            )
        return file.read(FILE_BYTES_MAX).decode(errors="replace")


def _make(path: Path, name: str, algorithm: int) -> None:
    seed = secrets.token_bytes(SEED_BYTES)
    key = _verifier(name and key_name(name), algorithm, seed)
    blob = b64encode(bytes([algorithm]) + seed).decode()
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w") as stream:
        stream.write(f"{PREFIX}{key.name}+{key.id.hex()}+{blob}\n")
        stream.flush()
        os.fsync(file)
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(text: str, path: Path) -> tuple[VerifierKey, bytes]:
    words = text.strip().removeprefix(PREFIX).split("+", 2)
    try:
        blob = b64decode(words[2], validate=True)
        algorithm, seed = blob[0], blob[1:]
        key = _verifier(words[0], algorithm, seed)
    except (IndexError, ValueError):
        key = None
    if key is None or not text.startswith(PREFIX) or words[1] != key.id.hex():
        raise KeyRefused(f"{path}: expected a line {PREFIX}NAME+ID+BASE64, found something else")
    return key, seed


def _verifier(name: str, algorithm: int, seed: bytes) -> VerifierKey:
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    kind = "log" if algorithm == ED25519 else "witness"
    return VerifierKey(
        name or f"chiphour-{kind}/{sha256(public).hexdigest()[:8]}", algorithm, public
    )
