"""CHALLENGE: open, answer and list from the command line; each stands in the log.

Takes   words on the command line.
Gives   what is printed, and the leaves.
Keeps   a refusal one line, exit code 1, and no leaf.
Source  docs/methodology/governance.md.
"""

import json

from chiphour.adapters.log import FOLDER
from chiphour.adapters.log import LogReader


def test_a_challenge_is_logged_and_answered(run, tmp_path, capsys):
    data = ("--data", str(tmp_path), "--json")
    words = ("--by", "Ada", "--about", "CHR.H100.SXM.OD 2026-07-20", "--text", "misread")
    assert run("challenge", "open", *words, *data) == 0
    name = json.loads(capsys.readouterr().out)["id"]
    assert run("challenge", "answer", name, "--by", "Bob", "--text", "not so", *data) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "answered"
    assert run("challenge", "list", "--data", str(tmp_path)) == 0
    assert capsys.readouterr().out.startswith(f"{name} answered ")
    log = LogReader(tmp_path / FOLDER)
    leaves = [json.loads(leaf) for leaf in log.leaves(0, log.size)]
    assert [leaf["event"]["state"] for leaf in leaves] == ["open", "answered"]


def test_a_refused_challenge_leaves_no_trace(run, tmp_path, capsys):
    words = ("--by", "Ada", "--about", "x", "--text", " ", "--data", str(tmp_path / "new"))
    assert run("challenge", "open", *words) == 1
    assert capsys.readouterr().err.startswith("chiphour: text: expected 1 to 10000 characters")
    assert not (tmp_path / "new").exists()
