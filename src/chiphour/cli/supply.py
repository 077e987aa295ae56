"""SUPPLY: `chiphour supply register` and `supply offer`: chips on the market in two commands.

Takes   a pool: its product, chips or an inventory as CSV, a price; later a market and a key.
Gives   a pool file; the offer in the next run of its product.
Keeps   nothing sent before `offer`. Offered again, the pool's offer in that run is changed.
Source  Decision 0039.
"""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from chiphour.adapters.auction_client import AuctionClient
from chiphour.adapters.supply import PoolRefused
from chiphour.adapters.supply import inventory_from_csv
from chiphour.adapters.supply import next_run
from chiphour.adapters.supply import offer_of
from chiphour.adapters.supply import read_supply
from chiphour.adapters.supply import write_supply
from chiphour.cli.options import JsonOption

ALWAYS = "1970-01-01T00:00:00Z"

KeyOption = Annotated[
    Path, typer.Option("--key", help="A file with a key and its secret, its owner's alone.")
]
UrlOption = Annotated[str, typer.Option("--url", help="Where the market answers.")]
URL = "http://127.0.0.1:8080"

app = typer.Typer(help="Offer chips to the auction.", no_args_is_help=True)


def add_to(group: typer.Typer) -> None:
    """Add the commands `supply register` and `supply offer`."""
    group.add_typer(app, name="supply")


@app.command("register")
def register(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What you call the pool.")],
    product: Annotated[str, typer.Option("--product", help="Such as H100/node8/us-east.")],
    price: Annotated[str, typer.Option("--price", help="US dollars a chip-hour, at least.")],
    chips: Annotated[str, typer.Option("--chips", help="How many, at all times.")] = "",
    inventory: Annotated[
        Path | None, typer.Option("--csv", help="Or a CSV of from,chips, in order of time.")
    ] = None,
    tier: Annotated[list[str] | None, typer.Option("--tier", help="May be repeated.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Else NAME.pool.json.")] = None,
) -> None:
    """Write a pool down in a file of its own; nothing is sent."""
    if bool(chips) == (inventory is not None):
        raise PoolRefused("expected either --chips or --csv, found both or none")
    rows = (
        [{"from": ALWAYS, "chips": chips}] if inventory is None else inventory_from_csv(inventory)
    )
    fields = {
        "schema": "chiphour.supply.pool/1",
        "id": name,
        "product": product,
        "tiers": tier or ["od"],
        "price": price,
        "inventory": rows,
    }
    pool = read_supply(json.dumps(fields).encode())
    path = out or Path(f"{name}.pool.json")
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(write_supply(pool))
        beside.replace(path)
    except OSError as fault:
        raise PoolRefused(f"{path}: expected to write here, found {fault.strerror}") from None
    print(f"{path}: {pool.product}, {len(pool.inventory)} rows of inventory")


@app.command("offer")
def offer(
    pool: Annotated[Path, typer.Argument(metavar="POOL", help="The file of a pool.")],
    key: KeyOption,
    url: UrlOption = URL,
    run: Annotated[int | None, typer.Option("--run", min=1, help="Else the next one.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Offer a pool in a run, the next one of its product unless another is named."""
    try:
        supply = read_supply(pool.read_bytes())
    except OSError as fault:
        raise PoolRefused(f"{pool}: expected a pool, found {fault.strerror}") from None
    with AuctionClient(url, key) as client:
        if run is None:
            rows = client.ask("GET", "/api/auction/runs?limit=1000")["runs"]
            row = next_run(rows, supply.product)
        else:
            row = client.ask("GET", f"/api/auction/runs/{run}")["row"]
        path = f"/api/auction/runs/{row['run']}"
        own = client.ask("GET", path)["own"]
        is_there = any(bid["bid"] == supply.id for bid in own["bids"])
        where = f"{path}/bids/{supply.id}" if is_there else f"{path}/bids"
        taken = client.ask("PUT" if is_there else "POST", where, offer_of(supply, row))
    words = f"run {taken['run']}: {taken['bid']} is offered, {taken['reserved_usd']} reserved"
    print(json.dumps(taken) if as_json else f"{words}; the gate closes at {row['closes']}")
