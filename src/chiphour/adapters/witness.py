"""WITNESS: one who saw that a log only grew, and says so under its own key.

Takes   a checkpoint of a log and the path from the last one that was cosigned, as one request.
Gives   the line of a cosignature; or `WitnessRefused` with the status that the protocol names.
Keeps   the last checkpoint that it cosigned of each log, durable before the line is given: of two
        stories that a log may tell, only one is ever cosigned.
Source  C2SP tlog-witness and tlog-cosignature; RFC 6962 section 2.1.2; decision 0018.

    old 20852014            the size that the log believes was cosigned last
    PlRNCrwHpqhGrupue0L7... the path from there to the checkpoint, a hash a line
                            an empty line, then the checkpoint

    MarketError
    └── WitnessRefused      400 malformed, 403 not signed, 404 unknown log, 409 other size or root,
                            422 the path shows nothing
"""

import fcntl
import json
import os
import secrets
from base64 import b64decode
from base64 import b64encode
from collections.abc import Callable
from collections.abc import Iterable
from pathlib import Path

from chiphour.adapters.log import LogReader
from chiphour.adapters.signing import Signer
from chiphour.index.merkle import EMPTY_ROOT
from chiphour.index.merkle import HASH_BYTES
from chiphour.index.merkle import is_consistent
from chiphour.index.note import Checkpoint
from chiphour.index.note import NoteRefused
from chiphour.index.note import VerifierKey
from chiphour.index.note import checkpoint_of
from chiphour.index.note import note_of
from chiphour.index.note import verified
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import canonical_json
from chiphour.units import NS_PER_SECOND

PATH_HASHES_MAX = 63
STATE = "witness.json"


class WitnessRefused(MarketError):
    """A request that is not cosigned; `status` is that of HTTP, `size` what was cosigned last."""

    def __init__(self, status: int, message: str, size: int = 0) -> None:
        """Remember what an answer over HTTP would say."""
        super().__init__(message)
        self.status = status
        self.size = size


class Witness:
    """A witness of some logs, with its state in a folder of its own."""

    def __init__(
        self, folder: Path, signer: Signer, logs: Iterable[VerifierKey], now_ns: Callable[[], int]
    ) -> None:
        """Be the witness of the logs of these keys; the clock dates the cosignatures."""
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / STATE
        self._signer = signer
        self._logs = {key.name: key for key in logs}
        self._now_ns = now_ns

    def last(self, origin: str) -> Checkpoint:
        """Give the checkpoint of a log that was cosigned last; before the first, an empty one."""
        if not self._path.exists():
            return Checkpoint(origin, 0, EMPTY_ROOT)
        known = json.loads(self._path.read_text())
        size, root = known.get(origin, (0, EMPTY_ROOT.hex()))
        return Checkpoint(origin, size, bytes.fromhex(root))

    def add_checkpoint(self, request: str) -> str:
        """Cosign the checkpoint of a request; give the line. Raises WitnessRefused."""
        old_size, path, text = _read(request)
        checkpoint = self._believed(text)
        if old_size > checkpoint.size:
            raise WitnessRefused(
                400, f"expected an old size up to {checkpoint.size}, found {old_size}"
            )
        with self._path.with_suffix(".lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            last = self.last(checkpoint.origin)
            if old_size != last.size:
                raise WitnessRefused(
                    409, f"expected the old size {last.size}, found {old_size}", last.size
                )
            if not is_consistent(old_size, last.root, checkpoint.size, checkpoint.root, path):
                raise WitnessRefused(
                    409 if old_size == checkpoint.size else 422,
                    f"{checkpoint.origin}: expected that {checkpoint.size} leaves begin with the "
                    f"{last.size} that were cosigned, found no proof of it",
                    last.size,
                )
            self._remember(checkpoint)
        signature = self._signer.cosignature(note_of(text).text, self._now_ns() // NS_PER_SECOND)
        return signature.line

    def _believed(self, text: str) -> Checkpoint:
        """Read a checkpoint that a known log signed; raises WitnessRefused."""
        try:
            origin = checkpoint_of(note_of(text).text).origin
        except NoteRefused as fault:
            raise WitnessRefused(400, str(fault)) from fault
        if origin not in self._logs:
            known = ", ".join(self._logs) or "none"
            raise WitnessRefused(404, f"expected a log of {known}, found {origin}")
        try:
            return verified(text, self._logs[origin])
        except NoteRefused as fault:
            raise WitnessRefused(403, str(fault)) from fault

    def _remember(self, checkpoint: Checkpoint) -> None:
        """Put the state on the disk, in one step, before anything is signed."""
        known = json.loads(self._path.read_text()) if self._path.exists() else {}
        known[checkpoint.origin] = [checkpoint.size, checkpoint.root.hex()]
        draft = self._path.with_name(f"{STATE}.{secrets.token_hex(4)}")
        with draft.open("w") as file:
            file.write(canonical_json(known))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def request_of(log: LogReader, old_size: int) -> str:
    """Write the request to cosign a log's checkpoint, by a witness that knows an older size.

    Raises ProofRefused when the witness knows a longer log than this one.
    """
    path = log.consistency(old_size)
    lines = [f"old {old_size}", *(b64encode(each).decode() for each in path), ""]
    return "\n".join(lines) + "\n" + log.checkpoint()


def _read(request: str) -> tuple[int, list[bytes], str]:
    """Read a request; raises WitnessRefused."""
    head, gap, text = request.partition("\n\n")
    first, *lines = head.split("\n")
    size = first.removeprefix("old ")
    try:
        path = [b64decode(line, validate=True) for line in lines]
    except ValueError:
        path = [b""]
    is_path = len(path) <= PATH_HASHES_MAX and all(len(each) == HASH_BYTES for each in path)
    is_size = first.startswith("old ") and size.isascii() and size.isdigit() and len(size) < 20
    if not (gap and is_size and str(int(size)) == size and is_path):
        raise WitnessRefused(
            400, f"expected `old SIZE`, a path, an empty line, a checkpoint; found {head[:80]!r}"
        )
    return int(size), path, text
