"""API: docs/api says what the server does: each example is asked, each program is run.

Takes   docs/api; a market whose members ask everything once (examples.py).
Gives   a failure where a document is stale, a method is without an example, a param without words,
        or a program of the README does not run.
Keeps   the documents' own text as what is run.
Source  Decision 0036; CONTRIBUTING.md, "What a change brings along".
"""

import asyncio
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import jsonschema
import pytest

from chiphour.wire.openrpc import METHODS
from clients.driven import rest_client
from clients.examples import CHANNELS
from rpc_client import Refused
from rpc_client import Socket
from trading import trading

pytestmark = pytest.mark.long

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "api"
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": (int, str),
    "number": (int, float),
}


@pytest.fixture(scope="module")
def written():
    """Give the generator, and what it would write now."""
    spec = importlib.util.spec_from_file_location("generate_api", FOLDER / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module, module.recorded(), module.pages()


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    with trading(tmp_path_factory.mktemp("market")) as floor:
        yield floor


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (FOLDER / "README.md").read_text(), re.S)


def test_the_documents_are_what_the_server_answers(written):
    """Ask every example again, on a new market: not one byte differs from what is written."""
    _, _, pages = written
    stale = [name for name, text in pages.items() if (FOLDER / name).read_text() != text]
    assert not stale, f"{stale}: run `.venv/bin/python docs/api/generate.py`"


def test_every_method_and_channel_has_an_example(written):
    _, recorded, _ = written
    asked = {example.method for example in recorded.examples}
    assert asked == {*recorded.served} == {*METHODS}
    silent = [name for names in CHANNELS.values() for name in names if not recorded.messages[name]]
    assert not silent


def test_every_result_is_of_its_type(written):
    _, recorded, _ = written
    for example in recorded.examples:
        assert isinstance(example.result, TYPES[METHODS[example.method].result]), example


def test_every_param_that_is_taken_has_its_words(written):
    _, recorded, _ = written
    taken = {method: {*params} for method, params in recorded.params.items()}
    assert taken == {method: {*asked.params} for method, asked in METHODS.items()}


def test_what_is_needed_is_refused_without(floor):
    """Ask each method with nothing: the param that it misses is the first that it needs."""

    async def ask_all():
        found = {}
        async with Socket(floor.socket_url, floor.members[0]) as socket:
            for method in sorted({*METHODS} - {"private/logout"}):
                try:
                    await socket(method)
                except Refused as refused:
                    found[method] = refused.code, refused.data.get("param")
        return found

    found = asyncio.run(ask_all())
    needed = {method: asked.needed.split() for method, asked in METHODS.items() if asked.needed}
    for method in ("private/set_mmp_config", "private/reset_mmp"):  # That, or index_name.
        needed[method] = ["instrument_name"]
    for method, names in needed.items():
        code, param = found.pop(method)
        assert code == -32602 and param in names, (method, code, param)
    assert not {method for method, (code, _) in found.items() if code == -32602}


def test_the_description_is_served_and_is_openrpc(floor, written):
    """Hold what is served to the document, examples aside, and its shape to the specification."""
    answer = httpx.get(f"{floor.url}/schema/openrpc.json")
    assert answer.headers["content-type"] == "application/json"
    served, document = answer.json(), json.loads((FOLDER / "openrpc.json").read_text())
    for method in document["methods"]:
        assert method.pop("examples")
    assert served == document
    jsonschema.validate(served, OPENRPC)
    assert httpx.post(f"{floor.url}/schema/openrpc.json").status_code == 405


def run_block(block: str, floor) -> str:
    """Run a program of the README, with its address and its key, and give what it printed."""
    port = floor.url.rpartition(":")[2]
    member = floor.members[0]
    names = f"KEY, SECRET = {member.key!r}, {member.secret!r}\n"
    program = names + block.replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_first_order_takes_ten_lines(floor):
    block = blocks("python")[0]
    assert len(block.splitlines()) <= 10
    assert "open" in run_block(block, floor)
    assert not rest_client(floor, floor.members[0]).fetch_open_orders("H100SXMOD/USDC:USDC")


@pytest.mark.parametrize("number", range(1, len(blocks("python"))))
def test_each_other_program_runs(floor, number):
    assert run_block(blocks("python")[number], floor)


@pytest.mark.parametrize("number", range(len(blocks("bash"))))
def test_each_line_for_a_shell_runs(floor, number):
    """Sign with openssl, ask with curl; where they are not installed nobody would use them."""
    if not (shutil.which("curl") and shutil.which("openssl") and shutil.which("bash")):
        pytest.skip("no curl, openssl or bash")
    port, member = floor.url.rpartition(":")[2], floor.members[0]
    program = blocks("bash")[number].replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    names = f"KEY='{member.key}' SECRET='{member.secret}'\n"
    done = subprocess.run(["bash", "-c", names + program], capture_output=True, text=True)
    assert json.loads(done.stdout)["result"]["currency"] == "USDC", done


PARAM = {
    "type": "object",
    "required": ["name", "schema"],
    "properties": {
        "name": {"type": "string"},
        "required": {"type": "boolean"},
        "description": {"type": "string"},
        "schema": {"type": "object"},
    },
    "additionalProperties": False,
}
OPENRPC = {
    "type": "object",
    "required": ["openrpc", "info", "methods"],
    "properties": {
        "openrpc": {"pattern": "^1\\.3\\.[0-9]+$"},
        "info": {"type": "object", "required": ["title", "version"]},
        "servers": {"type": "array", "items": {"type": "object", "required": ["url"]}},
        "methods": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "params", "result"],
                "properties": {
                    "params": {"type": "array", "items": PARAM},
                    "result": PARAM,
                    "paramStructure": {"enum": ["by-name", "by-position", "either"]},
                },
                "propertyNames": {
                    "pattern": "^(name|summary|params|result|paramStructure|examples|x-.*)$"
                },
            },
        },
    },
    "additionalProperties": False,
}
