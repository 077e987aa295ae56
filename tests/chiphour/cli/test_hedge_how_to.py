"""HEDGE HOW-TO: the commands of docs/how-to/hedge.md and rent-or-buy.md print what these say.

Takes   the documents; the shipped recordings in a data folder.
Gives   a failure for a line of a document that its command no longer prints.
Keeps   every line that is shown after a command one that the command prints, spaces aside; the
        picture the one that the command draws; the table the figures of each chip.
Source  docs/how-to/hedge.md; docs/how-to/rent-or-buy.md.
"""

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chiphour.cli import build

ROOT = Path(__file__).resolve().parents[3]
HOW_TO = ROOT / "docs" / "how-to"
IMAGE = ROOT / "docs" / "images" / "rent-or-buy-h100.svg"
EXPOSURE = "month,hours\n2026-09,20000\n2026-10,15000\n2026-11,15000\n"


def blocks(name):
    """Give the commands of a document, each with the lines that it shows."""
    text = (HOW_TO / name).read_text()
    found = re.findall(r"```console\n\$ (.*?)\n(.*?)```", text, flags=re.S)
    return [(command, lines.splitlines()) for command, lines in found]


def told(words, data, monkeypatch):
    """Run a command as in a wide terminal; give what it prints on one line, spaces made one."""
    monkeypatch.setenv("COLUMNS", "400")
    more = () if "--example" in words else ("--data", str(data))
    done = CliRunner().invoke(build(words[1]), [*words[1:], *more])
    assert done.exit_code == 0, (words, done.output, done.exception)
    return done.output


def plain(text):
    return " ".join(text.split())


@pytest.mark.suite
@pytest.mark.parametrize("name", ["hedge.md", "rent-or-buy.md"])
def test_every_line_shown_is_printed(name, recorded, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("exposure.csv").write_text(EXPOSURE)
    for command, lines in blocks(name):
        printed = plain(told(shlex.split(command), recorded, monkeypatch))
        missing = [line for line in lines if plain(line) not in printed]
        assert not missing, (command, missing, printed)


@pytest.mark.suite
def test_the_table_and_the_picture_are_those_of_the_command(recorded, tmp_path, monkeypatch):
    text = (HOW_TO / "rent-or-buy.md").read_text()
    rows = re.findall(r"^\| ([A-Z0-9-]+) \| ([\d.]+) \| (\d+) h \| (\d+) to (\w+) \|", text, re.M)
    assert len(rows) == 6
    for chip, cost, hours, least, most in rows:
        found = json.loads(told(["chiphour", "rent-or-buy", chip, "--json"], recorded, monkeypatch))
        (rent,) = [each for each in found["rent"] if each["tenor"] == "OD"]
        assert f"{float(found['own']['usd_per_hour']):.2f}" == cost
        span = found["rule"]["breakeven_low"], found["rule"]["breakeven_high"] or "never"
        assert (rent["breakeven_hours"], *map(str, span)) == (int(hours), least, most), chip
    chart = tmp_path / "chart.svg"
    told(["chiphour", "rent-or-buy", "--chart", str(chart)], recorded, monkeypatch)
    assert chart.read_bytes() == IMAGE.read_bytes()
    eu = ["chiphour", "rent-or-buy", "--region", "eu", "--json"]
    found = json.loads(told(eu, recorded, monkeypatch))
    (rent,) = [each for each in found["rent"] if each["tenor"] == "OD"]
    assert f"break-even is {rent['breakeven_hours']} hours" in plain(text)
