"""KEY: a key made on the command line signs in, and one revoked there does not.

Takes   words after `chiphour key`, and a data folder.
Gives   what is printed, the exit code, and what a server with that folder admits.
Keeps   a secret shown once; a refusal one line on standard error.
Source  Decision 0029.
"""

import hashlib
import hmac
import json
import os
import subprocess
import sys
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chiphour.adapters.keys import KeyRing
from chiphour.wire.key import Use
from chiphour.wire.signature import SignInRefused
from chiphour.wire.signature import session_claim


@pytest.fixture
def key(run, tmp_path, capsys):
    """Give a function that runs `chiphour key WORDS`; it gives exit code, output and errors."""

    def running(*words) -> tuple[int, str, str]:
        code = run("key", *words, "--data", str(tmp_path))
        said = capsys.readouterr()
        return code, said.out, said.err

    return running


@pytest.fixture
def ring(tmp_path):
    ring = KeyRing(tmp_path)
    yield ring
    ring.close()


def use(ring, key_id, secret, nonce, scope="read", contract=""):
    now_ns = time.time_ns()
    ts = str(now_ns // 1_000_000)
    sig = hmac.new(secret.encode(), f"{ts}\n{nonce}\n".encode(), hashlib.sha256).hexdigest()
    claim = session_claim(key_id, ts, nonce, "", sig)
    return ring.admit(claim, Use(now_ns, "192.0.2.7", "public/auth", scope, contract))


def test_a_key_signs_in_until_it_is_revoked(key, ring):
    """The ring is open all the while, as that of a server is."""
    code, out, _ = key("add", "bot", "--account", 9)
    word, key_id, _, secret = out.split()[:4]
    assert (code, word, len(secret)) == (0, "key", 43)
    assert use(ring, key_id, secret, "a").account == 9
    assert key("revoke", key_id) == (0, f"revoked: {key_id} bot\n", "")
    with pytest.raises(SignInRefused, match="revoked"):
        use(ring, key_id, secret, "b")


def test_all_that_a_key_may_have_is_listed_without_its_secret(key):
    words = "--scope read --scope trade --contract H100SXMOD --contract A100 --days 2".split()
    words += "--ip 192.0.2.0/24 --ip ::1 --idempotent-labels --json".split()
    before_ns = time.time_ns()
    _, out, _ = key("add", "my bot", "--account", 12, *words)
    made = json.loads(out)
    secret = made.pop("secret")
    _, out, _ = key("list", "--json")
    assert json.loads(out) == made
    assert secret not in out
    assert made["expires_ns"] - before_ns == pytest.approx(2 * 86_400 * 10**9, abs=60 * 10**9)
    assert (made["account"], made["name"], made["idempotent_labels"]) == (12, "my bot", True)
    assert made["scopes"] == ["read", "trade"]
    assert made["contracts"] == ["A100", "H100SXMOD"]
    assert made["networks"] == ["192.0.2.0/24", "::1/128"]


def test_the_table_says_what_a_key_is_for(key):
    _, out, _ = key("add", "bot", "--account", 9)
    key_id = out.split()[1]
    limits = "read; all contracts; all addresses; hmac-sha256; bot\n"
    assert key("list")[1] == f"{key_id} 9 in force; {limits}"
    key("revoke", key_id)
    assert key("list")[1].startswith(f"{key_id} 9 revoked 20")


def test_an_expired_key_is_listed_as_such(key, tmp_path):
    ring = KeyRing(tmp_path, lambda: 1)
    ring.create("old", 9, expires_ns=2)
    ring.close()
    assert " 9 expired 1970-01-01" in key("list")[1]


def test_a_public_key_leaves_no_secret_here(key):
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    code, out, _ = key("add", "bot", "--account", 9, "--ed25519", public, "--json")
    made = json.loads(out)
    assert (code, made["algorithm"]) == (0, "ed25519")
    assert "secret" not in made
    code, out, _ = key("add", "bot", "--account", 9, "--ed25519", public)
    assert (code, out.splitlines()[1]) == (0, "secret: yours alone")


def test_the_audit_prints_every_use(key, ring):
    made = json.loads(key("add", "bot", "--account", 9, "--json")[1])
    use(ring, made["id"], made["secret"], "a")
    with pytest.raises(SignInRefused):
        use(ring, made["id"], made["secret"], "b", "trade")
    lines = [json.loads(line) for line in key("audit", "--json")[1].splitlines()]
    assert [(line["what"], line["verdict"]) for line in lines] == [
        ("create", "admitted"),
        ("public/auth", "admitted"),
        ("public/auth", "scope"),
    ]
    assert lines[1]["address"] == "192.0.2.7"
    assert lines[1]["time"].startswith("20")
    text = key("audit", "--last", 1)[1]
    assert text.endswith(f"Z {made['id']} 192.0.2.7 public/auth scope\n")
    assert text.count("\n") == 1
    assert key("audit", "--key", "nobody") == (0, "", "")
    assert made["secret"] not in key("audit")[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("add", "bot", "--account", 2), "expected a member's account, from 8 on, found 2"),
        (
            ("add", "bot", "--account", 9, "--scope", "all"),
            "expected scopes of bid read trade withdraw",
        ),
        (("add", "bot", "--account", 9, "--ip", "home"), "expected a network such as"),
        (("add", "bot", "--account", 9, "--ed25519", "00"), "expected 64 hexadecimal digits"),
        (("add", "bot", "--account", 9, "--ed25519", ""), "expected 64 hexadecimal digits"),
        (("add", "  ", "--account", 9), "without spaces around it, found '  '"),
        (("add", "bot", "--account", 9, "--ip", "::ffff:192.0.2.0/120"), "expected IPv4 as in"),
        (("add", "bot", "--account", 9, "--contract", "A100"), "expected the scope trade"),
        (("revoke", "nobody"), "expected the id of a key, found 'nobody'"),
        (("revoke", "\udcff"), "expected the id of a key, found '\\udcff'"),
        (("audit", "--key", "\udcff"), "expected the id of a key, found '\\udcff'"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_1(key, ring, words, message):
    code, out, err = key(*words)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert message in err


@pytest.mark.parametrize("words", [("list",), ("audit",), ("revoke", "nobody")])
def test_a_folder_without_keys_is_refused_and_stays_without(key, tmp_path, words):
    code, out, err = key(*words)
    assert (code, out) == (1, "")
    assert "keys.db: expected a file of keys, found none" in err
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_keys_lists_none(key, ring):
    assert key("list") == (0, "", "")


def test_more_lines_than_can_be_are_refused(key, ring):
    code, out, err = key("audit", "--last", "9" * 20)
    assert (code, out) == (2, "")
    assert "--last" in err


def test_a_key_whose_secret_cannot_be_printed_is_revoked(tmp_path, ring):
    """Print it into a pipe that nobody reads."""
    words = "import sys; from chiphour.cli import main; sys.argv[0] = 'chiphour'; main()"
    child = [sys.executable, "-c", words, "key", "add", "bot", "--account", "9"]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*child, "--data", str(tmp_path)], stdout=writer, stderr=subprocess.PIPE, text=True
    )
    os.close(writer)
    made = ring.keys()
    assert [each.revoked_ns is None for each in made] == [False]
    assert done.returncode != 0
    assert f"chiphour: expected to print the key {made[0].id}, found" in done.stderr
    assert "Traceback" not in done.stderr
