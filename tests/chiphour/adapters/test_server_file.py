"""TEST SERVER_FILE: a command finds the server that runs, and trusts no other file.

Takes   a data folder.
Gives   claims on the file.
Keeps   the token its owner's alone.
Source  Decision 0034.
"""

import os

import pytest

from chiphour.adapters.server_file import NAME
from chiphour.adapters.server_file import Found
from chiphour.adapters.server_file import ServerMissing
from chiphour.adapters.server_file import new_token
from chiphour.adapters.server_file import read_server
from chiphour.adapters.server_file import remove_server
from chiphour.adapters.server_file import write_server


def test_what_is_written_is_found_until_it_is_removed(tmp_path):
    found = Found("http://127.0.0.1:8080", new_token())
    write_server(tmp_path, found)
    assert read_server(tmp_path) == found
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
    assert found.token not in repr(found)
    remove_server(tmp_path, found.token)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ServerMissing, match="expected a running server"):
        read_server(tmp_path)


def test_the_file_of_a_later_run_is_left_alone(tmp_path):
    earlier, later = (Found("http://127.0.0.1:1", new_token()) for _ in range(2))
    write_server(tmp_path, earlier)
    write_server(tmp_path, later)
    remove_server(tmp_path, earlier.token)
    assert read_server(tmp_path) == later
    assert earlier.token != later.token


def test_a_file_that_others_can_read_or_that_is_a_link_is_refused(tmp_path):
    write_server(tmp_path, Found("http://127.0.0.1:1", "t"))
    (tmp_path / NAME).chmod(0o644)
    with pytest.raises(ServerMissing, match="found mode 0644"):
        read_server(tmp_path)
    (tmp_path / NAME).rename(tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", tmp_path / NAME)
    with pytest.raises(ServerMissing, match="expected a running server"):
        read_server(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"address": "x"}', "3"])
def test_a_file_that_says_something_else_is_refused(tmp_path, content):
    (tmp_path / NAME).write_text(content)
    (tmp_path / NAME).chmod(0o600)
    with pytest.raises(ServerMissing, match="expected an address and a token"):
        read_server(tmp_path)
