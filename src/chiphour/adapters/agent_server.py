"""AGENT_SERVER: the tools as a server of the Model Context Protocol: over stdio, over HTTP.

Takes   tools; a stream or a port of this machine.
Gives   `server_of`; `serve_stdio`, `application` for HTTP.
Keeps   a refusal an answer: `is_error` with our one sentence; a fault of ours in the log, and said
        to be one. Nothing but the protocol on standard output. Over HTTP a member's tools are for
        who knows the token of this run: others on the machine have none.
Source  Model Context Protocol; decision 0043.
"""

import hmac
import json
import logging
from collections.abc import Mapping
from typing import Any

from litestar.enums import ScopeType
from litestar.types import Receive
from litestar.types import Scope
from litestar.types import Send
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.types import CallToolRequestParams
from mcp.types import CallToolResult
from mcp.types import ListToolsResult
from mcp.types import PaginatedRequestParams
from mcp.types import TextContent
from mcp.types import Tool as Offered
from mcp.types import ToolAnnotations

from chiphour import __version__
from chiphour.adapters.agent_tools import Tool
from chiphour.adapters.agent_tools import check_arguments
from chiphour.observe.observation import MarketError

PATH = "/mcp"
SESSIONS_MAX = 100
BODY_BYTES_MAX = 2 << 20
INSTRUCTIONS = (
    "chiphour is an open market for compute: reference prices of GPU-hours, futures on them, an "
    "auction of capacity. Prices are US dollars for one GPU and hour, as decimal text; times are "
    "UTC. A chip is named by its slug, such as h100-sxm, a series by its own, such as h100-sxm-od. "
    "What is not known is null, with a reason: it is never guessed."
)
log = logging.getLogger(__name__)


def server_of(tools: Mapping[str, Tool]) -> Server[Any]:
    """Give a server that offers these tools."""

    async def listed(context: Any, asked: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[_offered(tool) for tool in tools.values()])

    async def called(context: Any, asked: CallToolRequestParams) -> CallToolResult:
        return await call(tools, asked.name, asked.arguments or {})

    return Server(
        "chiphour",
        version=__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=listed,
        on_call_tool=called,
    )


def _offered(tool: Tool) -> Offered:
    return Offered(
        name=tool.name,
        description=tool.words,
        input_schema=tool.takes,
        output_schema=tool.gives,
        annotations=ToolAnnotations(
            read_only_hint=not tool.acts, destructive_hint=tool.acts, open_world_hint=False
        ),
    )


async def call(tools: Mapping[str, Tool], name: str, given: dict[str, Any]) -> CallToolResult:
    """Call a tool; whatever is refused is an answer, in one sentence."""
    tool = tools.get(name)
    if tool is None:
        return _refused(f"tool: expected one of {', '.join(tools)}, found {name[:60]!r}")
    try:
        check_arguments(tool, given)
        found = await tool.call(given)
    except MarketError as fault:
        return _refused(str(fault))
    except Exception:
        log.exception("tool %s failed", name)
        return _refused(f"{name}: expected an answer, found a fault of the server; see its log")
    text = json.dumps(found, ensure_ascii=False)
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=found)


def _refused(words: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=words)], is_error=True)


async def serve_stdio(server: Server[Any]) -> None:
    """Serve one client over standard input and output, until the input ends."""
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


class Guarded:
    """An application that answers nobody without the token, but its own lifespan."""

    def __init__(self, inner: Any, token: str) -> None:
        """Guard an application."""
        self._inner, self._expected = inner, f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in whose header has the token; answer others with 401."""
        given = dict(scope.get("headers", ())).get(b"authorization", b"")
        if scope["type"] != ScopeType.HTTP or hmac.compare_digest(given, self._expected):
            await self._inner(scope, receive, send)
            return
        body = b'{"error":"expected the token of this run, found none or another"}'
        headers = [(b"content-type", b"application/json"), (b"www-authenticate", b"Bearer")]
        start: Any = {"type": "http.response.start", "status": 401, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": body, "more_body": False})


def application(server: Server[Any], token: str = "") -> Any:
    """Give the application that serves over streamable HTTP at PATH, to this machine's own.

    With a token, only who knows it is answered.
    """
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        host="127.0.0.1",
        max_sessions=SESSIONS_MAX,
        max_request_body_size=BODY_BYTES_MAX,
    )
    return Guarded(app, token) if token else app
