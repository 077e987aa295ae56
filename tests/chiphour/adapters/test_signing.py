"""SIGNING: a key is made once, read by its owner alone, and never another's.

Takes   key files in a temporary folder.
Gives   the claims of `adapters/signing.py`, each a test.
Keeps   secrets out of what is shown.
Source  RFC 8032; C2SP signed-note.
"""

import os
import stat
import threading

import pytest

from chiphour.adapters.signing import KeyRefused
from chiphour.adapters.signing import Signer
from chiphour.index.note import COSIGNATURE
from chiphour.index.note import is_signed_by
from chiphour.index.note import vkey_of


def test_key_is_made_once_and_read_by_its_owner_alone(tmp_path):
    path = tmp_path / "keys" / "log.key"
    first = Signer(path, "log.example/x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith("PRIVATE+KEY+log.example/x+")
    again = Signer(path)
    assert again.vkey == first.vkey
    assert vkey_of(again.vkey) == again.verifier
    assert is_signed_by(again.verifier, b"message", first.sign(b"message"))


def test_key_without_a_name_is_named_for_itself(tmp_path):
    one, other = Signer(tmp_path / "one"), Signer(tmp_path / "other", algorithm=COSIGNATURE)
    assert one.name.startswith("chiphour-log/")
    assert other.name.startswith("chiphour-witness/")
    assert one.name != Signer(tmp_path / "third").name


def test_key_of_another_name_or_use_is_refused(tmp_path):
    path = tmp_path / "key"
    Signer(path, "log.example/x")
    with pytest.raises(KeyRefused, match=r"expected the key of log.example/y"):
        Signer(path, "log.example/y")
    with pytest.raises(KeyRefused, match=r"for algorithm 4, found log\.example/x for 1"):
        Signer(path, algorithm=COSIGNATURE)


@pytest.mark.parametrize("name", ["a b", "a+b", "a\nb", "a\x01", "\u2028", "\udcff"])
def test_a_name_that_no_note_can_hold_makes_no_key(tmp_path, name):
    with pytest.raises(KeyRefused, match="expected a name without spaces"):
        Signer(tmp_path / "key", name)
    assert not (tmp_path / "key").exists()


def test_key_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "key"
    Signer(path)
    path.chmod(0o644)
    with pytest.raises(KeyRefused, match=r"mode 0600\), found mode 0644"):
        Signer(path)


@pytest.mark.parametrize(
    "text", ["", "PRIVATE+KEY+a+00000000+AAAA\n", "PRIVATE+KEY+a\n", "key", "\xff" * 9_000]
)
def test_file_without_a_key_is_refused_and_its_content_not_shown(tmp_path, text):
    path = tmp_path / "key"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="latin-1") as file:
        file.write(text)
    with pytest.raises(KeyRefused) as fault:
        Signer(path)
    assert str(fault.value) == (
        f"{path}: expected a line PRIVATE+KEY+NAME+ID+BASE64, found something else"
    )


def test_changed_seed_is_refused(tmp_path):
    path = tmp_path / "key"
    Signer(path)
    text = path.read_text()
    path.write_text(text[:-10] + ("A" if text[-10] != "A" else "B") + text[-9:])
    with pytest.raises(KeyRefused):
        Signer(path)


def test_two_that_start_at_once_get_the_same_key(tmp_path):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(Signer(tmp_path / "key").vkey))
        for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 8
    assert len(set(found)) == 1
