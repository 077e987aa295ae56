"""SERVER_FILE: where a running server is found by the commands of its own machine.

Takes   a data folder; the address of a server, and a token of this run.
Gives   `server.json` there while the server runs; `Found`, for a command.
Keeps   the file its owner's alone (mode 0600), whole or not there, and gone when the server ends.
        What a server that was killed left behind is harmless: nobody takes its token any more.
Source  Decision 0034.

    MarketError
    └── ServerMissing       no server says that it runs on this folder, or not to us alone
"""

import json
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from chiphour.observe.observation import MarketError

NAME = "server.json"
TOKEN_BYTES = 32
FILE_BYTES_MAX = 4_096


class ServerMissing(MarketError):
    """No server says that it runs on this folder, or not to us alone."""


class Found(NamedTuple):
    """A running server: its address, and the token that lets its operator in."""

    address: str
    token: str

    def __repr__(self) -> str:
        """Show no token."""
        return f"Found({self.address!r})"


def new_token() -> str:
    """Draw the token of a run."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def write_server(folder: Path, found: Found) -> None:
    """Write the file, whole."""
    draft = folder / f".{NAME}.{secrets.token_hex(4)}"
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "w") as stream:
        json.dump(found._asdict(), stream)
    draft.replace(folder / NAME)


def remove_server(folder: Path, token: str) -> None:
    """Take the file away, if it is still that of this run."""
    with suppress(ServerMissing):
        if read_server(folder).token == token:
            (folder / NAME).unlink(missing_ok=True)


def read_server(folder: Path) -> Found:
    """Read the file; raises ServerMissing for none, or one that others may have written."""
    path = folder / NAME
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as fault:
        raise ServerMissing(f"{path}: expected a running server, found {fault.strerror}") from None
    with os.fdopen(file, "rb") as stream:
        status = os.fstat(file)
        if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
            raise ServerMissing(
                f"{path}: expected a file that its owner alone can read (mode 0600), "
                f"found mode {stat.S_IMODE(status.st_mode):04o} of user {status.st_uid}"
            )
        content = stream.read(FILE_BYTES_MAX)
    try:
        words = json.loads(content)
        return Found(str(words["address"]), str(words["token"]))
    except (ValueError, KeyError, TypeError):
        raise ServerMissing(f"{path}: expected an address and a token, found others") from None
