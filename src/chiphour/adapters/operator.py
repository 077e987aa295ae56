"""OPERATOR: who may run this market: a password, kept as its argon2id hash, or the run's token.

Takes   a data folder; passwords and tokens as they came, and from where.
Gives   `Operator`: `set_password`; `admits_password` and `admits_token`.
Keeps   no password anywhere but its hash, in a file of its owner's alone (mode 0600). Without a
        password set a wrong one takes as long. Comparisons take the same time wherever they differ.
Source  RFC 9106; decision 0034.

The token is drawn by each server and never leaves the machine (server_file.py). A password that
was right is known again by a keyed hash that lives with the process: else each request would cost
50 ms and 64 MiB. It is forgotten when the file changes.

    MarketError
    └── OperatorRefused     a password that is too short, a file that is open to others
"""

import hmac
import os
import secrets
import stat
import threading
from hashlib import sha256
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError
from argon2.exceptions import VerificationError

from chiphour.adapters.bodies import sync_folder
from chiphour.observe.observation import MarketError

NAME = "operator.argon2"
USER = "operator"
PASSWORD_LENGTH_MIN = 12
PASSWORD_LENGTH_MAX = 256
FILE_BYTES_MAX = 1_024
SALT_BYTES = 32


class OperatorRefused(MarketError):
    """A password that is too short, or a file that is open to others."""


class Operator:
    """The operator of a data folder. Threads take turns: one hash at a time."""

    def __init__(self, folder: Path, token: str = "") -> None:
        """Know the file, which may not be there; and the token of this run, if there is one."""
        self.path = folder / NAME
        self._token = token
        self._turn = threading.Lock()
        self._hasher = PasswordHasher()  # Argon2id, as RFC 9106 has it for little memory.
        self._nobody = ""
        self._salt = secrets.token_bytes(SALT_BYTES)
        self._known = ("", b"")  # The hash in the file, and the keyed hash of what fitted it.

    def set_password(self, password: str) -> None:
        """Keep a password from now on; the one before it is admitted no more.

        Raises OperatorRefused.
        """
        if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
            raise OperatorRefused(
                f"expected a password of {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} "
                f"characters, found {len(password)}"
            )
        if not password.isprintable():
            raise OperatorRefused("expected a password of printable characters, found others")
        self._write(self._hasher.hash(password))

    def admits_password(self, user: str, password: str) -> bool:
        """Tell whether this is the operator; may take 50 ms. Raises OperatorRefused."""
        is_named = hmac.compare_digest(user.encode(), USER.encode())
        if len(password) > PASSWORD_LENGTH_MAX:
            return False
        with self._turn:
            kept = self._read()
            digest = hmac.digest(self._salt, password.encode(), sha256)
            is_known = kept == self._known[0] and hmac.compare_digest(digest, self._known[1])
            fits = is_known or self._fits(kept or self._anybody(), password)
            if not kept or not fits:
                return False
            self._known = (kept, digest)
            return is_named

    def admits_token(self, token: str) -> bool:
        """Tell whether this is the token of this run."""
        fits = hmac.compare_digest(token.encode(), self._token.encode())
        return fits and bool(self._token)

    def _fits(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except VerificationError:
            return False
        except InvalidHashError:
            raise OperatorRefused(f"{self.path}: expected a hash, found something else") from None

    def _anybody(self) -> str:
        """Give a hash that nothing known fits, to compare with where there is none."""
        self._nobody = self._nobody or self._hasher.hash(secrets.token_urlsafe(SALT_BYTES))
        return self._nobody

    def _write(self, line: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f".{NAME}.{secrets.token_hex(4)}")
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "w") as stream:
            stream.write(f"{line}\n")
            stream.flush()
            os.fsync(file)
        draft.replace(self.path)
        sync_folder(self.path.parent)

    def _read(self) -> str:
        """Give the hash, or "" where no password is set."""
        try:
            file = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return ""
        except OSError as fault:
            raise OperatorRefused(f"{self.path}: expected a hash, found {fault.strerror}") from None
        with os.fdopen(file, "rb") as stream:
            mode = stat.S_IMODE(os.fstat(file).st_mode)
            if mode & 0o077:
                raise OperatorRefused(
                    f"{self.path}: expected a hash that its owner alone can read (mode 0600), "
                    f"found mode {mode:04o}"
                )
            return stream.read(FILE_BYTES_MAX).decode(errors="replace").strip()
