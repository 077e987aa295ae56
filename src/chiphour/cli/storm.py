"""STORM: `chiphour storm SEED`: the whole exchange under random members, gaps, halts and crashes.

Takes   a first seed, how many seeds, how many commands each.
Gives   what went wrong, seed by seed, or that nothing did; the kernel's hash and the time.
Keeps   exit code 1 where a seed went wrong: the same seed goes wrong again.
Source  Decision 0025; benchmarks/storm.md holds the ranges that ran clean.
"""

import json
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from os import cpu_count
from typing import Annotated

import typer

from chiphour.adapters.storm import COMMANDS
from chiphour.adapters.storm import Storm
from chiphour.adapters.storm import storm
from chiphour.cli.options import JsonOption
from chiphour.cli.progress import Bar
from chiphour.exchange.cache import kernel_hash

SEEDS_AT_ONCE = 16

SeedArgument = Annotated[int, typer.Argument(metavar="SEED", min=0, help="The first seed.")]
SeedsOption = Annotated[int, typer.Option("--seeds", min=1, help="How many seeds, from that on.")]
CommandsOption = Annotated[int, typer.Option("--commands", min=1, help="Commands of each seed.")]
ProcessesOption = Annotated[
    int | None,
    typer.Option("--processes", min=1, help="At once.", show_default="one for each processor"),
]


def add_to(app: typer.Typer) -> None:
    """Add the command `storm`."""
    app.command("storm")(run)


def run(
    seed: SeedArgument,
    seeds: SeedsOption = 1,
    commands: CommandsOption = COMMANDS,
    processes: ProcessesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run storms: a random market for each seed, on kernel and plain exchange, with crashes.

    Events, digests and invariants are compared; the journal is torn in the midst of a write and
    recovered. Exit code 1 when a seed goes wrong; say its number and it goes wrong again.
    """
    began = time.monotonic()
    found = list(_storms(range(seed, seed + seeds), commands, processes or cpu_count() or 1))
    faults = [each for each in found if each.fault]
    report = {
        "first": seed,
        "last": seed + seeds - 1,
        "clean": len(found) - len(faults),
        "commands": sum(each.commands for each in found),
        "events": sum(each.events for each in found),
        "kernel": kernel_hash(),
        "seconds": round(time.monotonic() - began, 1),
        "faults": {each.seed: each.fault for each in faults},
    }
    if as_json:
        print(json.dumps(report))
    else:
        for each in faults:
            print(f"seed {each.seed}: {each.fault}")
        print(
            f"seeds {seed} to {seed + seeds - 1}: {report['clean']} of {seeds} clean, "
            f"{report['commands']:,} commands, {report['events']:,} events, "
            f"{report['seconds']} s, kernel {kernel_hash()}"
        )
    if faults:
        raise typer.Exit(1)


def _storms(seeds: range, commands: int, processes: int) -> list[Storm]:
    """Run seeds in order, in as many processes; one alone needs none."""
    work = partial(storm, count=commands)
    if len(seeds) == 1:
        return [work(seeds[0])]
    found: list[Storm] = []
    with Bar("storms") as bar, ProcessPoolExecutor(min(processes, len(seeds))) as pool:
        for each in pool.map(work, seeds, chunksize=min(SEEDS_AT_ONCE, 1 + len(seeds) // 8)):
            found.append(each)
            bar.show(len(found), len(seeds))
    return found
