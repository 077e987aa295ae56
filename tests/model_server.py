"""MODEL_SERVER: stands where a model's server stands, and answers as a test tells it to.

Takes   a function of the request's JSON that gives what the model says: tools to call, with what.
Gives   `ModelServer`, a context: its address, and what it was asked.
Keeps   the form of an answer of /v1/messages over a real socket: whole, or event by event
        where it is asked for as a stream.
Source  Decision 0043; Anthropic's description of streamed messages.
"""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from typing import Any

Said = list[tuple[str, dict[str, Any]]]  # Names of tools to call, with their input.


class ModelServer:
    """Answers every request by `says`; a status instead of tools is answered as a fault."""

    def __init__(self, says: Callable[[dict[str, Any]], Said | int]) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.requests.append(body)
                outer.headers.append({name.lower(): text for name, text in self.headers.items()})
                said = says(body)
                status = said if isinstance(said, int) else 200
                kind, content = "application/json", b""
                if isinstance(said, int):
                    content = fault_body(said)
                elif body.get("stream"):
                    kind, content = "text/event-stream", b"".join(streamed(said))
                else:
                    content = whole(said)
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *words):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "ModelServer":
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def fault_body(status: int) -> bytes:
    """Give a fault as such a server writes it."""
    fault = {"type": "api_error", "message": f"status {status} for your key"}
    return json.dumps({"type": "error", "error": fault}).encode()


def message(content: list[dict[str, Any]], stop: str | None) -> dict[str, Any]:
    """Give a message of the model with this content."""
    usage = {"input_tokens": 10, "output_tokens": 1}
    return {
        **{"id": "msg_1", "type": "message", "role": "assistant", "content": content, "model": "m"},
        **{"stop_reason": stop, "stop_sequence": None, "usage": usage},
    }


def block(index: int, name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Give a call of a tool."""
    return {"type": "tool_use", "id": f"toolu_{name}_{index}", "name": name, "input": given}


def whole(said: Said) -> bytes:
    """Give an answer that calls these tools, at once."""
    blocks = [block(index, name, given) for index, (name, given) in enumerate(said)]
    return json.dumps(message(blocks, "tool_use")).encode()


def streamed(said: Said):
    """Yield the events of an answer that calls these tools."""
    yield event("message_start", message=message([], None))
    for index, (name, given) in enumerate(said):
        yield event("content_block_start", index=index, content_block=block(index, name, {}))
        delta = {"type": "input_json_delta", "partial_json": json.dumps(given)}
        yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    stop = {"stop_reason": "tool_use", "stop_sequence": None}
    yield event("message_delta", delta=stop, usage={"output_tokens": 20})
    yield event("message_stop")


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def tools_of(request: dict[str, Any]) -> list[str]:
    """Give the names of the tools that the model is offered."""
    return [tool["name"] for tool in request.get("tools", [])]


def results_of(request: dict[str, Any]) -> list[str]:
    """Give what the tools answered so far, as texts."""
    blocks = [
        block
        for message in request["messages"]
        if isinstance(message["content"], list)
        for block in message["content"]
    ]
    found = [block["content"] for block in blocks if block["type"] == "tool_result"]
    return [
        each if isinstance(each, str) else "".join(part["text"] for part in each) for each in found
    ]
