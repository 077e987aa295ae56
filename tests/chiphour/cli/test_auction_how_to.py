"""AUCTION HOW-TO: the commands of docs/how-to/auction.md do what it says, one after another.

Takes   the document; a served market with run 7 announced, two members with their key files.
Gives   a run that is supplied, bid in, cleared, exported and proved by those very lines.
Keeps   the host and the commitment put in, nothing else changed; what the operator does is done
        before.
Source  docs/how-to/auction.md.
"""

import json
import os
import re
import shlex
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from chiphour.cli import build
from chiphour.units import NS_PER_HOUR
from doored_auction import Served
from gated import SHUT_NS
from gated import buy

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "auction.md"
OPERATORS = ("chiphour member", "chmod", "curl --user")


@pytest.fixture
def served(tmp_path, monkeypatch):
    served = Served(tmp_path)
    monkeypatch.chdir(tmp_path)
    yield served
    served.end()


def commands():
    blocks = re.findall(r"^```(json)?\n(.*?)^```$", DOCUMENT.read_text(), flags=re.S | re.M)
    shown = [block for kind, block in blocks if not kind]
    lines = [line.removeprefix("$ ") for block in shown for line in block.splitlines()]
    return [line for line in lines if not line.startswith(OPERATORS)]


def run(line):
    """Run a line as a shell would: `curl -O` fetches, `chiphour` is ours."""
    words = shlex.split(line)
    if words[0] == "curl":
        answer = httpx.get(words[-1])
        assert answer.status_code == 200, answer.text
        Path(words[-1].rpartition("/")[2]).write_bytes(answer.content)
        return ""
    done = CliRunner().invoke(build(words[1]), words[1:])
    assert done.exit_code == 0, (line, done.output, done.exception)
    return done.output


@pytest.mark.long
def test_every_command_of_the_document_works(served):
    Path("bid.json").write_text(json.dumps(buy("train", "12", "2")))
    said, commitment = [], ""
    for line in commands():
        if "awards" in line or line.startswith("curl"):
            served.at(SHUT_NS + 3 * NS_PER_HOUR)
            commitment = commitment or cleared(served)
        account = str(served.accounts["buyer"])
        line = line.replace("https://HOST", served.url).replace("COMMITMENT", commitment)
        said.append(run(line.replace("--account 101", f"--account {account}")))
    words = "\n".join(said)
    assert "fleet is offered" in words and "is taken, 24.000000 reserved" in words
    assert "scontrol create reservation ReservationName=run7-1" in words
    assert "proved: the run is what was sealed, its result is valid" in words
    assert os.stat("buyer.key.json").st_mode & 0o077 == 0


def cleared(served):
    """Clear the run and fetch its files, as its operator and anybody would; give the commitment."""
    answer = served.trading.operator.post("/api/auction/runs/7/clear", json={})
    assert answer.status_code == 200, answer.text
    for name in ("run.json", "result.json"):
        path = f"/api/auction/runs/7/files/{name}"
        Path(name).write_bytes(served.trading.anybody.get(path).content)
    return answer.json()["row"]["commitment"]
