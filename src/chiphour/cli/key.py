"""KEY: `chiphour key`: the keys that members sign in with, and the trail of their uses.

Takes   a name, an account, what the key may do, from where and until when; or the id of a key.
Gives   a new key with its secret, shown once; the keys; the trail.
Keeps   no secret in what is listed. A revocation holds at once, also in a server that is running.
        Only `add` makes a file; a key whose secret could not be printed is revoked.
Source  Decision 0029; adapters/keys.py.
"""

import json
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from typing import Any

import typer

from chiphour.adapters.key_file import KeyRingRefused
from chiphour.adapters.keys import KeyRing
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.cli.options import data_folder
from chiphour.units import NS_PER_DAY
from chiphour.units import iso_from_ns
from chiphour.wire.key import READ
from chiphour.wire.key import Key
from chiphour.wire.key import words_of

LINES_MAX = 1 << 24

app = typer.Typer(help="Make, list and revoke the keys that members sign in with.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What you call the key.")]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The id of a key, as `list` says.")]
AccountOption = Annotated[
    int,
    typer.Option("--account", help="The account or sub-account that it acts for; not looked up."),
]
ScopeOption = Annotated[
    list[str] | None,
    typer.Option("--scope", help="read, trade, withdraw or bid; may be repeated. Default: read."),
]
ContractOption = Annotated[
    list[str] | None,
    typer.Option(
        "--contract",
        help="A contract that it may trade, or the first word of its name for all on that "
        "series; with the scope trade; may be repeated; not looked up. Default: all.",
    ),
]
NetworkOption = Annotated[
    list[str] | None,
    typer.Option(
        "--ip", help="An address or network that it may come from; may be repeated. Default: all."
    ),
]
DaysOption = Annotated[
    int | None, typer.Option("--days", min=1, max=36_500, help="Admit it for so many days.")
]
PublicOption = Annotated[
    str | None,
    typer.Option("--ed25519", metavar="HEX", help="A public key, in place of a secret of ours."),
]
LabelsOption = Annotated[
    bool,
    typer.Option("--idempotent-labels", help="An order with a label used before is the same one."),
]
LinesOption = Annotated[
    int, typer.Option("--last", min=1, max=LINES_MAX, help="At most so many lines.")
]
OfOption = Annotated[str, typer.Option("--key", metavar="ID", help="Of one key. Default: of all.")]


def add_to(group: typer.Typer) -> None:
    """Add the commands `key add`, `list`, `revoke` and `audit`."""
    group.add_typer(app, name="key")


@app.command("add")
def add(
    name: NameArgument,
    account: AccountOption,
    scope: ScopeOption = None,
    contract: ContractOption = None,
    ip: NetworkOption = None,
    days: DaysOption = None,
    ed25519: PublicOption = None,
    idempotent_labels: LabelsOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key and print its secret, which is not shown again."""
    with _ring(data, makes=True) as ring:
        key, secret = ring.create(
            name,
            account,
            scope or (READ,),
            contracts=contract or (),
            networks=ip or (),
            expires_ns=None if days is None else time.time_ns() + days * NS_PER_DAY,
            public=ed25519,
            idempotent_labels=idempotent_labels,
        )
        with shown_or_revoked(key.id, lambda: ring.revoke(key.id)):
            _show(key, secret, as_json)


@app.command("list")
def listed(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the keys, also those that were revoked."""
    with _ring(data) as ring:
        keys = ring.keys()
    for key in keys:
        print(json.dumps(_object(key)) if as_json else _line(key))


@app.command("revoke")
def revoke(key_id: IdArgument, data: DataOption = None) -> None:
    """Admit a key and its sessions no more."""
    with _ring(data) as ring:
        key = ring.revoke(key_id)
    print(f"revoked: {key.id} {key.name}")


@app.command("audit")
def audit(
    last: LinesOption = 1_000,
    key: OfOption = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the trail of uses, oldest first: time, key, address, what, verdict."""
    with _ring(data) as ring:
        lines = ring.trail(last, key)
    for line in lines:
        time_text = iso_from_ns(line.time_ns)
        if as_json:
            print(json.dumps(line._asdict() | {"time": time_text}))
        else:
            words = (line.key_id, line.address, line.what, line.verdict)
            print(time_text, *(word or "-" for word in words))


@contextmanager
def shown_or_revoked(key_id: str, revoke: Callable[[], object]) -> Iterator[None]:
    """Revoke a key whose secret could not be printed; raises KeyRingRefused then."""
    try:
        yield
    except OSError as fault:
        revoke()
        raise KeyRingRefused(
            f"expected to print the key {key_id}, found {fault}: the key is revoked"
        ) from fault


@contextmanager
def _ring(data: Path | None, *, makes: bool = False) -> Iterator[KeyRing]:
    ring = KeyRing(data_folder(data), makes=makes)
    try:
        yield ring
    finally:
        ring.close()


def _show(key: Key, secret: str, as_json: bool) -> None:
    """Print a new key, down to the file or pipe; raises OSError."""
    if as_json:
        print(json.dumps(_object(key) | ({"secret": secret} if secret else {})), flush=True)
        return
    print(f"key {key.id}")
    words = f"secret {secret} (it is not shown again)" if secret else "secret: yours alone"
    print(words, flush=True)


def _object(key: Key) -> dict[str, Any]:
    """Give a key as JSON has it."""
    lists = {
        "scopes": sorted(key.scopes),
        "contracts": sorted(key.contracts),
        "networks": [str(network) for network in key.networks],
    }
    return key._asdict() | lists


def _line(key: Key) -> str:
    """Write a key on one line: id, account, state, scopes, limits, name."""
    until = "" if key.expires_ns is None else f" until {iso_from_ns(key.expires_ns)}"
    state = f"in force{until}"
    if key.revoked_ns is not None:
        state = f"revoked {iso_from_ns(key.revoked_ns)}"
    elif key.expires_ns is not None and key.expires_ns <= time.time_ns():
        state = f"expired {iso_from_ns(key.expires_ns)}"
    contracts = words_of(key.contracts) or "all contracts"
    networks = " ".join(map(str, key.networks)) or "all addresses"
    limits = f"{words_of(key.scopes)}; {contracts}; {networks}; {key.algorithm}"
    return f"{key.id} {key.account} {state}; {limits}; {key.name}"
