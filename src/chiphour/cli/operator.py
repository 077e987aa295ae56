"""OPERATOR: `chiphour operator password`: what the operator signs in with over HTTP.

Takes   a password, twice at a terminal; else one line of standard input.
Gives   its argon2id hash in the data folder.
Keeps   the password out of arguments, which other users of the machine can see.
Source  Decision 0034; adapters/operator.py.
"""

import getpass
import sys

import typer

from chiphour.adapters.operator import PASSWORD_LENGTH_MAX
from chiphour.adapters.operator import USER
from chiphour.adapters.operator import Operator
from chiphour.adapters.operator import OperatorRefused
from chiphour.cli.options import DataOption
from chiphour.cli.options import data_folder

app = typer.Typer(help="Set what the operator signs in with.")


def add_to(group: typer.Typer) -> None:
    """Add the command `operator password`."""
    group.add_typer(app, name="operator")
    app.callback()(lambda: None)  # Keeps `password` a word of its own.


@app.command("password")
def password(data: DataOption = None) -> None:
    """Set the operator's password; the one before it is admitted no more."""
    Operator(data_folder(data)).set_password(_asked())
    print(f"the password of {USER!r} is set")


def _asked() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline(PASSWORD_LENGTH_MAX + 2).rstrip("\r\n")
    first = getpass.getpass("password: ")
    if getpass.getpass("again: ") != first:
        raise OperatorRefused("expected the same password twice, found two")
    return first
