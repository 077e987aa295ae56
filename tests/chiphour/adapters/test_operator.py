"""TEST OPERATOR: the password that was set is admitted, and no other.

Takes   a data folder.
Gives   claims on the file, the hash, the token.
Keeps   no password in any file.
Source  RFC 9106; decision 0034.
"""

import os

import pytest

from chiphour.adapters.operator import NAME
from chiphour.adapters.operator import PASSWORD_LENGTH_MAX
from chiphour.adapters.operator import Operator
from chiphour.adapters.operator import OperatorRefused

PASSWORD = "correct horse battery"


def test_the_password_is_admitted_until_another_is_set(tmp_path):
    operator, other = Operator(tmp_path), Operator(tmp_path)
    assert not operator.admits_password("operator", PASSWORD)  # None is set.
    operator.set_password(PASSWORD)
    for _ in range(2):  # The second time it is known.
        assert other.admits_password("operator", PASSWORD)
        assert not other.admits_password("operator", PASSWORD + "!")
        assert not other.admits_password("admin", PASSWORD)
    operator.set_password("another long password")
    assert not other.admits_password("operator", PASSWORD)
    assert other.admits_password("operator", "another long password")


def test_the_file_is_an_argon2id_hash_of_its_owner_alone(tmp_path):
    Operator(tmp_path).set_password(PASSWORD)
    path = tmp_path / NAME
    assert path.read_text().startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "12 to 256 characters, found 5"),
        ("x" * (PASSWORD_LENGTH_MAX + 1), "found 257"),
        ("with a\nnewline", "printable"),
    ],
)
def test_a_password_that_cannot_be_is_refused(tmp_path, password, words):
    with pytest.raises(OperatorRefused, match=words) as caught:
        Operator(tmp_path).set_password(password)
    assert password not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_password_beyond_all_bounds_is_not_hashed(tmp_path):
    operator = Operator(tmp_path)
    operator.set_password(PASSWORD)
    assert not operator.admits_password("operator", "x" * 10**6)


def test_a_file_that_others_can_read_is_refused(tmp_path):
    operator = Operator(tmp_path)
    operator.set_password(PASSWORD)
    (tmp_path / NAME).chmod(0o640)
    with pytest.raises(OperatorRefused, match="found mode 0640"):
        operator.admits_password("operator", PASSWORD)


def test_a_file_without_a_hash_admits_nobody(tmp_path):
    path = tmp_path / NAME
    path.write_text("plain text")
    path.chmod(0o600)
    with pytest.raises(OperatorRefused, match="expected a hash, found something else"):
        Operator(tmp_path).admits_password("operator", "plain text")
    path.write_text("$argon2id$v=19$")  # Cut off.
    assert not Operator(tmp_path).admits_password("operator", "$argon2id$v=19$")


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_text("$argon2id$")
    os.symlink(tmp_path / "elsewhere", tmp_path / NAME)
    with pytest.raises(OperatorRefused, match="expected a hash"):
        Operator(tmp_path).admits_password("operator", PASSWORD)


def test_the_token_of_a_run_is_admitted_and_an_empty_one_never(tmp_path):
    assert Operator(tmp_path, "token").admits_token("token")
    assert not Operator(tmp_path, "token").admits_token("tokem")
    assert not Operator(tmp_path, "token").admits_token("")
    assert not Operator(tmp_path).admits_token("")
