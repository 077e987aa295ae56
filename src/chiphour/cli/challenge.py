"""CHALLENGE: `chiphour challenge`: open, answer and list what was said to be wrong.

Takes   who, about what, in which words.
Gives   the record, which is in the transparency log when it is printed.
Keeps   nothing hidden: `list` shows all of them, answered or not.
Source  IOSCO FR07/13, 16; docs/methodology/governance.md.
"""

import json
import time
from contextlib import closing
from typing import Annotated

import typer

from chiphour.adapters.challenges import Challenges
from chiphour.adapters.challenges import log_missing
from chiphour.adapters.log import open_log
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.cli.options import data_folder
from chiphour.index.challenge import Challenge
from chiphour.units import iso_from_ns

app = typer.Typer(help="Challenge a fix, a rule or a role; answer; list.")

ByOption = Annotated[str, typer.Option("--by", help="Who says so.")]
AboutOption = Annotated[str, typer.Option("--about", help="A series and day, a rule, a venue.")]
TextOption = Annotated[str, typer.Option("--text", help="What is wrong, or the answer.")]
NameArgument = Annotated[str, typer.Argument(metavar="CH-YYYY-NNN", help="Which challenge.")]


def add_to(group: typer.Typer) -> None:
    """Add the commands `challenge open`, `answer` and `list`."""
    group.add_typer(app, name="challenge")


@app.command("open")
def open_one(
    by: ByOption,
    about: AboutOption,
    text: TextOption,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a challenge: it is kept, logged and published."""
    challenges = Challenges(data_folder(data))
    _tell(challenges, challenges.open(time.time_ns(), by, about, text), data, as_json)


@app.command("answer")
def answer_one(
    name: NameArgument,
    by: ByOption,
    text: TextOption,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer an open challenge."""
    challenges = Challenges(data_folder(data))
    _tell(challenges, challenges.answer(name, time.time_ns(), by, text), data, as_json)


@app.command("list")
def listed(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List all challenges, the earliest first."""
    for challenge in Challenges(data_folder(data)).all():
        _print(challenge, as_json)


def _tell(challenges: Challenges, challenge: Challenge, data: DataOption, as_json: bool) -> None:
    """Log the challenge, and any that an earlier stop left unlogged; print it."""
    with closing(open_log(data_folder(data))) as log:
        log_missing(challenges, log)
    _print(challenge, as_json)


def _print(challenge: Challenge, as_json: bool) -> None:
    if as_json:
        print(json.dumps(challenge._asdict() | {"state": challenge.state}))
        return
    opened_at = iso_from_ns(challenge.opened_ns)
    print(f"{challenge.id} {challenge.state} {opened_at} {challenge.by}: {challenge.about}")
    print(f"  {challenge.text}")
    if challenge.answered_ns is not None:
        print(f"  {iso_from_ns(challenge.answered_ns)} {challenge.answered_by}: {challenge.answer}")
