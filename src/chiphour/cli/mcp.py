"""MCP: `chiphour mcp`: the market's tools for agents, over standard input and output or HTTP.

Takes   a data folder, or the address of a running market; with `--key-file` a member's key.
Gives   a server of the Model Context Protocol until its input ends, or until it is stopped.
Keeps   itself to reading without a key. Standard output is the protocol's alone, or with `--http`
        says where it is served, and the token where there is a key.
Source  docs/how-to/mcp.md; decision 0043.

    MarketError
    └── McpMissing    the packages of the extra `mcp` are not here, or a key without a market
"""

import asyncio
import importlib
import logging
import secrets
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated
from typing import Any

import typer

from chiphour.adapters.agent_api import AgentApi
from chiphour.adapters.agent_api import in_process
from chiphour.adapters.agent_api import remote
from chiphour.adapters.agent_tools import Tool
from chiphour.adapters.agent_tools import tools_of
from chiphour.adapters.archive import Archive
from chiphour.adapters.indexed import Indexed
from chiphour.adapters.log import FOLDER
from chiphour.adapters.log import LogReader
from chiphour.adapters.log import open_log
from chiphour.adapters.serve.index_app import create_index_app
from chiphour.adapters.serve.run import announce
from chiphour.adapters.serve.run import serve
from chiphour.adapters.server_file import ServerMissing
from chiphour.adapters.server_file import read_server
from chiphour.cli.index import publish_recorded
from chiphour.cli.options import DataOption
from chiphour.cli.options import data_folder
from chiphour.observe.observation import MarketError

TOKEN_BYTES = 24
UrlOption = Annotated[
    str,
    typer.Option("--url", help="A running market.", show_default="that of the data folder, if any"),
]
HttpOption = Annotated[
    int | None,
    typer.Option("--http", min=0, max=65535, metavar="PORT", help="Serve HTTP; 0: a free port."),
]
KeyOption = Annotated[
    Path | None,
    typer.Option("--key-file", help="A member's key: its tools trade and bid within its scope."),
]


class McpMissing(MarketError):
    """The packages of the extra `mcp` are not here, or a key without a market."""


def add_to(app: typer.Typer) -> None:
    """Add the command `mcp`."""
    app.command("mcp")(mcp)


def mcp(
    data: DataOption = None,
    url: UrlOption = "",
    http: HttpOption = None,
    key_file: KeyOption = None,
) -> None:
    """Serve the market's tools to agents: prices, fixings, books, hedges, auctions."""
    logging.basicConfig(level=logging.WARNING, format="chiphour: %(message)s", stream=sys.stderr)
    server = _server()
    folder = data_folder(data)
    address = url or _running(folder)
    if key_file is not None and not address:
        raise McpMissing(
            "key-file: expected a running market (`chiphour up`, or --url), found none"
        )
    with ExitStack() as held:
        api = remote(address, key_file) if address else in_process(_index(folder, held))
        if http is None:
            asyncio.run(_stdio(server, api))
        else:
            tools = asyncio.run(tools_of(api))
            token = secrets.token_urlsafe(TOKEN_BYTES) if key_file is not None else ""
            _serve_http(server, tools, token, http)


def _server() -> Any:
    """Give the module that needs the extra; raises McpMissing."""
    try:
        return importlib.import_module("chiphour.adapters.agent_server")
    except ModuleNotFoundError as fault:
        if (fault.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise McpMissing(f"expected the packages of the extra `mcp`, found {fault}") from None


def _running(folder: Path) -> str:
    """Give the address of the market that runs on a folder, "" where none does."""
    try:
        return read_server(folder).address
    except ServerMissing:
        return ""


def _index(folder: Path, held: ExitStack) -> Any:
    """Give the application of a folder's index, from the shipped recordings where it is empty."""
    archive = Archive(folder)
    held.callback(archive.close)
    if not archive.last_fixing():
        log = open_log(folder)
        held.callback(log.close)
        publish_recorded(archive, log)
    shown = Indexed(archive, LogReader(folder / FOLDER), lambda: 0)
    return create_index_app(shown)


async def _stdio(server: Any, api: AgentApi) -> None:
    tools = await tools_of(api)
    await server.serve_stdio(server.server_of(tools))


def _serve_http(server: Any, tools: dict[str, Tool], token: str, port: int) -> None:
    app = server.application(server.server_of(tools), token)

    def ready(address: str) -> None:
        if token:
            sys.stdout.write(f"token {token}\n")
        announce(f"{address}{server.PATH}")

    serve(app, port=port, on_ready=ready)
