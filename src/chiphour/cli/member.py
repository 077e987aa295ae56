"""MEMBER: `chiphour member`: who trades here: join, list, pay in, pay out.

Takes   names, amounts in decimal dollars, what the first key may do.
Gives   a new member with a key and its secret, shown once; the members; what money moved.
Keeps   one way to do it, whether a server runs on the folder or not (adapters/reach.py). A key
        whose secret could not be printed is revoked.
Source  Decision 0034.
"""

import json
from pathlib import Path
from typing import Annotated
from typing import Any
from urllib.parse import quote

import typer

from chiphour.adapters.reach import Wish
from chiphour.adapters.reach import reach
from chiphour.cli.key import ContractOption
from chiphour.cli.key import DaysOption
from chiphour.cli.key import NetworkOption
from chiphour.cli.key import PublicOption
from chiphour.cli.key import shown_or_revoked
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.cli.options import data_folder
from chiphour.wire.key import READ
from chiphour.wire.key import TRADE

PAGE = 1_000

app = typer.Typer(help="Let members join, and move their money.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The member's name.")]
AmountArgument = Annotated[
    str, typer.Argument(metavar="AMOUNT", help="US dollars, at most six decimals.")
]
MemberScopeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--scope", help="read, trade, withdraw or bid; may be repeated. Default: read, trade."
    ),
]
DepositOption = Annotated[
    str, typer.Option("--deposit", metavar="AMOUNT", help="US dollars to pay in.")
]
SubOption = Annotated[
    str | None, typer.Option("--sub-of", metavar="NAME", help="Make it a sub-account of a member.")
]
WordOption = Annotated[
    str,
    typer.Option(
        "--once", metavar="WORD", help="Do it once, however often it is said with this word."
    ),
]


def add_to(group: typer.Typer) -> None:
    """Add the commands `member add`, `list`, `deposit` and `withdraw`."""
    group.add_typer(app, name="member")


@app.command("add")
def add(
    name: NameArgument,
    deposit: DepositOption = "0",
    scope: MemberScopeOption = None,
    contract: ContractOption = None,
    ip: NetworkOption = None,
    days: DaysOption = None,
    ed25519: PublicOption = None,
    sub_of: SubOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a member join; print a key and its secret, which is not shown again."""
    body = {
        "name": name,
        "deposit_usd": deposit,
        "scopes": scope or [READ, TRADE],
        "contracts": contract or [],
        "networks": ip or [],
        "days": days,
        "ed25519": ed25519,
        "sub_of": sub_of,
    }
    folder = data_folder(data)
    joined = reach(folder, Wish("POST", "/api/members", body))
    key_id = joined["key"]["id"]
    with shown_or_revoked(key_id, lambda: _revoke(folder, key_id)):
        _show(joined, as_json)


@app.command("list")
def listed(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the members and their sub-accounts, by name."""
    after: int | None = 0
    while after is not None:
        page = reach(data_folder(data), Wish("GET", f"/api/members?after={after}&limit={PAGE}"))
        for each in page["members"]:
            print(json.dumps(each) if as_json else _line(each))
        after = page["after"]


@app.command("deposit")
def deposit(
    name: NameArgument,
    amount: AmountArgument,
    once: WordOption = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Pay money into an account."""
    _move(data_folder(data), f"{_path(name)}/deposits", amount, once, as_json)


@app.command("withdraw")
def withdraw(
    name: NameArgument,
    amount: AmountArgument,
    once: WordOption = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Pay money out of an account, of what no margin holds."""
    _move(data_folder(data), f"{_path(name)}/withdrawals", amount, once, as_json)


def _move(folder: Path, path: str, amount: str, once: str, as_json: bool) -> None:
    moved = reach(folder, Wish("POST", path, {"amount_usd": amount}, once))
    words = f"{moved['what']} {moved['amount_usd']}, cash {moved['cash_usd']}"
    print(json.dumps(moved) if as_json else words)


def _revoke(folder: Path, key_id: str) -> None:
    reach(folder, Wish("DELETE", f"/api/keys/{key_id}"))


def _show(joined: dict[str, Any], as_json: bool) -> None:
    """Print who has joined, down to the file or pipe; raises OSError."""
    if as_json:
        print(json.dumps(joined), flush=True)
        return
    member, secret = joined["member"], joined["secret"]
    print(f"member {member['name']} account {member['account']} cash {joined['cash_usd']}")
    print(f"key {joined['key']['id']}")
    words = f"secret {secret} (it is not shown again)" if secret else "secret: yours alone"
    print(words, flush=True)


def _line(member: dict[str, Any]) -> str:
    of = f" of {member['sub_of']}" if member["sub_of"] else ""
    return f"{member['account']} {member['label']}{of}; {member['name']}"


def _path(name: str) -> str:
    return f"/api/members/{quote(name, safe='')}"
