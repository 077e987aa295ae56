"""TEST MEMBER: members join by the command line, whether a server runs there or not.

Takes   words after `chiphour member`; a data folder, alone or with a server.
Gives   what is printed, and what the server then knows.
Keeps   a secret shown once, and a key that was not shown revoked.
Source  Decision 0034.
"""

import json
from contextlib import suppress

import pytest

from officed import Trading


@pytest.fixture(scope="module")
def trading(tmp_path_factory):
    trading = Trading(tmp_path_factory.mktemp("trading"))
    yield trading
    assert trading.end() == 0


@pytest.fixture
def member(run, trading, capsys):
    """Give a function that runs `chiphour member WORDS`; it gives exit code, output and errors."""

    def running(*words, folder=trading.folder):
        code = run("member", *words, "--data", str(folder))
        said = capsys.readouterr()
        return code, said.out, said.err

    return running


@pytest.mark.parametrize("alone", [True, False])
def test_a_member_joins_with_a_key_that_is_shown_once(member, trading, tmp_path, alone):
    folder = tmp_path if alone else trading.folder
    words = ("--scope", "read", "--scope", "withdraw", "--ip", "127.0.0.1", "--days", 2)
    code, out, _ = member("add", "acme", "--deposit", "100.5", *words, "--json", folder=folder)
    made = json.loads(out)
    assert (code, made["cash_usd"], made["key"]["scopes"]) == (
        0,
        "100.500000",
        ["read", "withdraw"],
    )
    assert len(made["secret"]) == 43
    code, out, _ = member("list", "--json", folder=folder)
    assert made["member"] in [json.loads(line) for line in out.splitlines()]
    assert made["secret"] not in out
    if not alone:
        answer = trading.signed(made, "GET", "/api/account")
        assert answer.json()["cash_usd"] == "100.500000"
    assert member("add", "Acme", folder=folder) == (
        1,
        "",
        "chiphour: expected a name that nobody has, found 'Acme'\n",
    )


def test_money_is_paid_in_and_out_by_name(member):
    member("add", "Labs & Co.")
    assert member("deposit", "labs & co.", "7.25") == (0, "deposit 7.250000, cash 7.250000\n", "")
    said = member("withdraw", "Labs & Co.", "2", "--once", "w", "--json")
    assert member("withdraw", "Labs & Co.", "2", "--once", "w", "--json") == said
    assert json.loads(said[1])["cash_usd"] == "5.250000"
    assert member("withdraw", "Labs & Co.", "9")[2] == (
        "chiphour: withdrawal: expected 9.000000 dollars that may move, found FUNDS_INSUFFICIENT\n"
    )
    assert member("deposit", "nobody", "1")[2] == (
        "chiphour: expected the name of a member, found 'nobody'\n"
    )


def test_a_member_is_told_in_words(member):
    code, out, _ = member("add", "parent")
    lines = out.splitlines()
    assert (code, lines[0].split()[:2]) == (0, ["member", "parent"])
    assert lines[0].endswith(" cash 0.000000")
    assert lines[2].endswith("(it is not shown again)")
    member("add", "child", "--sub-of", "parent")
    assert any(line.endswith("member of parent; child") for line in member("list")[1].splitlines())


def test_a_key_that_could_not_be_printed_is_revoked(run, trading, capsys, monkeypatch):
    """Let standard output be a disk that is full."""
    full = open("/dev/full", "w")  # noqa: SIM115 - its closing fails too
    with monkeypatch.context() as changed:
        changed.setattr("sys.stdout", full)
        code = run("member", "add", "unseen", "--data", str(trading.folder))
    with suppress(OSError):
        full.close()
    assert code == 1
    assert "the key is revoked" in capsys.readouterr().err
    listed = trading.operator.get("/api/keys").json()["keys"]
    assert [key["revoked"] is not None for key in listed if key["name"] == "unseen"] == [True]
