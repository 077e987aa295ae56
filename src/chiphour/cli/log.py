"""LOG: `chiphour log ...`: what the transparency log says, proofs of it, and a witness of it.

Takes   the log in the data folder, or a copy of one; the number of a leaf, or a series and a day.
Gives   the checkpoint, proofs as JSON, the first fault of a log; cosignatures of a witness.
Keeps   exit code 1 for a log with a fault, a leaf that is not there, a witness that refuses. Only
        `cosign` and `trust` write to the data folder; `witness` writes to its own.
Source  C2SP tlog-tiles, tlog-checkpoint, tlog-witness; decision 0018.
"""

import json
import time
from base64 import b64encode
from datetime import date
from pathlib import Path
from typing import Annotated
from typing import Any

import typer

from chiphour.adapters.log import FOLDER
from chiphour.adapters.log import KEY
from chiphour.adapters.log import WITNESSES
from chiphour.adapters.log import LogReader
from chiphour.adapters.log import LogRefused
from chiphour.adapters.log import open_log
from chiphour.adapters.log import witnessed_reader
from chiphour.adapters.log import witnesses_of
from chiphour.adapters.log_check import first_fault
from chiphour.adapters.log_index import fix_leaves
from chiphour.adapters.signing import Signer
from chiphour.adapters.witness import Witness
from chiphour.adapters.witness import request_of
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.cli.options import data_folder
from chiphour.index.note import COSIGNATURE
from chiphour.index.note import ED25519
from chiphour.index.note import VerifierKey
from chiphour.index.note import cosignatures
from chiphour.index.note import vkey_of
from chiphour.index.note import witnessed
from chiphour.index.series import series_named
from chiphour.units import NS_PER_SECOND
from chiphour.units import iso_from_ns
from chiphour.units import strike_ns

FromOption = Annotated[
    Path | None,
    typer.Option("--from", metavar="DIR", help="A copy of a log.", show_default="DATA/log"),
]
KeyOption = Annotated[
    str | None,
    typer.Option("--vkey", help="The log's key, one line.", show_default="that of the data folder"),
]
WhatArgument = Annotated[
    str | None, typer.Argument(metavar="INDEX|SERIES", help="A leaf's number, or a series.")
]
DayArgument = Annotated[str | None, typer.Argument(metavar="DATE", help="Day of the strike, UTC.")]
OldOption = Annotated[
    int | None,
    typer.Option("--consistency", metavar="OLD", help="Prove that nothing before OLD changed."),
]
SetOption = Annotated[str, typer.Option("--parameter-set", help="Which set of parameters.")]
WitnessedOption = Annotated[
    bool, typer.Option("--witnessed", help="At the last checkpoint that a witness cosigned.")
]
AtLeastOption = Annotated[
    int, typer.Option("--witnesses", help="Demand cosignatures of so many known witnesses.")
]
WitnessDataOption = Annotated[
    Path, typer.Option("--state", metavar="DIR", help="The witness's own folder: key and state.")
]
NameOption = Annotated[str, typer.Option("--name", help="Name of a new key, such as host/name.")]
LineArgument = Annotated[
    str, typer.Argument(metavar="LINE", help="A cosignature, as `witness` prints it.")
]
WitnessKeyArgument = Annotated[
    str, typer.Argument(metavar="VKEY", help="A witness's key, one line.")
]


def root(
    data: DataOption = None,
    origin: FromOption = None,
    vkey: KeyOption = None,
    at_least: AtLeastOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Print size, root, checkpoint and witnesses, once the signatures are found to be good."""
    folder = data_folder(data)
    log, known = LogReader(origin or folder / FOLDER), witnesses_of(folder)
    text = log.checkpoint()
    witnessed(text, _key(folder, vkey), known, at_least)
    signed = [
        {"name": each.witness, "time": iso_from_ns(each.time_s * NS_PER_SECOND)}
        for each in cosignatures(text, known)
    ]
    if as_json:
        shown = {"size": log.size, "root": log.root.hex(), "checkpoint": text, "witnesses": signed}
        print(json.dumps(shown))
        return
    print(f"size  {log.size}\nroot  {log.root.hex()}")
    for each in signed:
        print(f"witnessed by {each['name']} at {each['time']}")
    print(f"\n{text}", end="")


def prove(
    what: WhatArgument = None,
    day: DayArgument = None,
    consistency: OldOption = None,
    parameter_set: SetOption = "v2026_1",
    at_witnessed: WitnessedOption = False,
    data: DataOption = None,
    origin: FromOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print, as JSON, the proof that a leaf is in the log, or that nothing before it changed."""
    folder = origin or data_folder(data) / FOLDER
    log = witnessed_reader(folder) if at_witnessed else LogReader(folder)
    if consistency is not None:
        proof = {"old": consistency, "size": log.size, "path": _path(log.consistency(consistency))}
    else:
        index = _index(log, what, day, parameter_set, is_ours=origin is None)
        leaf = log.leaf(index).decode()
        proof = {
            "index": index,
            "size": log.size,
            "leaf": leaf,
            "path": _path(log.inclusion(index)),
        }
    print(json.dumps(proof | {"checkpoint": log.checkpoint()}, indent=None if as_json else 2))


def check(
    data: DataOption = None,
    origin: FromOption = None,
    vkey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read the whole log: leaves, tiles, root, signatures; print the first fault."""
    folder = data_folder(data)
    log = LogReader(origin or folder / FOLDER)
    fault = first_fault(log.files, _key(folder, vkey), witnesses_of(folder))
    if as_json:
        print(json.dumps({"size": log.size, "root": log.root.hex(), "fault": fault}))
    else:
        print(f"{log.size} leaves, root {log.root.hex()}: " + (fault or "no fault"))
    if fault:
        raise typer.Exit(1)


def key(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Print the key that verifies the log's checkpoints; make it, and the log, at first use."""
    vkey = open_log(data_folder(data)).key.text
    print(json.dumps({"vkey": vkey}) if as_json else vkey)


def trust(line: WitnessKeyArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Let a witness cosign this log's checkpoints."""
    folder = data_folder(data)
    witness = vkey_of(line)
    if witness.algorithm != COSIGNATURE:
        raise LogRefused(f"expected a witness's key (algorithm 4), found {witness.algorithm}")
    known = witnesses_of(folder)
    if witness not in known:
        path = folder / WITNESSES
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(f"{witness.text}\n")
        known.append(witness)
    _show([{"witness": each.text} for each in known], as_json)


def cosign(line: LineArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Put a witness's cosignature under the current checkpoint."""
    log = open_log(data_folder(data))
    log.add_cosignature(line)
    found = cosignatures(log.checkpoint(), witnesses_of(data_folder(data)))
    _show([{"witness": each.witness, "size": log.size} for each in found], as_json)


def witness(
    state: WitnessDataOption,
    name: NameOption = "",
    data: DataOption = None,
    origin: FromOption = None,
    vkey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cosign a log's checkpoint, if it follows from the last one that this witness cosigned."""
    folder = data_folder(data)
    log = LogReader(origin or folder / FOLDER)
    signer = Signer(state / "witness.key", name, COSIGNATURE)
    one = Witness(state, signer, [_key(folder, vkey)], time.time_ns)
    line = one.add_checkpoint(request_of(log, one.last(log.origin).size))
    if as_json:
        print(json.dumps({"vkey": signer.vkey, "size": log.size, "cosignature": line}))
    else:
        print(line)


def add_to(app: typer.Typer) -> None:
    """Add the group `log`."""
    group = typer.Typer(help="Read, prove and witness the transparency log.", no_args_is_help=True)
    for command in (root, prove, check, key, witness, trust, cosign):
        group.command()(command)
    app.add_typer(group, name="log")


def _index(
    log: LogReader, what: str | None, day: str | None, parameter_set: str, *, is_ours: bool
) -> int:
    """Give the number of the leaf asked for: of a fix, that of its newest vintage."""
    if what is not None and day is None and what.isascii() and what.isdigit():
        return int(what)
    if what is None or day is None:
        raise LogRefused(f"expected INDEX, or SERIES and DATE, found {what!r} and {day!r}")
    try:
        series = series_named(what).ticker
    except KeyError as fault:
        raise LogRefused(fault.args[0]) from fault
    try:
        strike = strike_ns(date.fromisoformat(day))
    except ValueError as fault:
        raise LogRefused(f"expected a day such as 2026-07-20, found {day!r}") from fault
    found = [
        number
        for number, leaf in fix_leaves(log, series, strike, is_ours=is_ours)
        if leaf.parameter_set == parameter_set
    ]
    if not found:
        raise LogRefused(f"expected a leaf of {series} on {day} ({parameter_set}), found none")
    return found[-1]


def _key(folder: Path, vkey: str | None) -> VerifierKey:
    """Give the key to believe: that on the command line, else that of the data folder."""
    if vkey:
        key = vkey_of(vkey)
        if key.algorithm != ED25519:
            raise LogRefused(f"expected a log's key (algorithm 1), found {key.algorithm}")
        return key
    if not (folder / KEY).exists():
        raise LogRefused(f"expected --vkey or the key {folder / KEY}, found neither")
    return Signer(folder / KEY).verifier


def _path(hashes: list[bytes]) -> list[str]:
    return [b64encode(each).decode() for each in hashes]


def _show(rows: list[dict[str, Any]], as_json: bool) -> None:
    for row in rows:
        print(json.dumps(row) if as_json else " ".join(str(value) for value in row.values()))
