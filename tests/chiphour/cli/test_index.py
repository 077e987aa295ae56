"""INDEX: what `index serve` refuses before it works, and what it publishes.

Takes   a port in use; an archive of the shipped recordings.
Gives   what is printed, and the exit code.
Keeps   that it runs without an exchange in tests/test_index_alone.py.
Source  Decision 0020.
"""

import socket

from carded import filled
from chiphour.adapters.log import open_log
from chiphour.cli import index


def test_a_port_in_use_is_told_before_the_work(run, tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert run("index", "serve", "--port", port, "--data", str(tmp_path / "new")) == 1
    assert "expected a free port, found it in use" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_every_recorded_day_is_published(tmp_path):
    archive, log = filled(tmp_path), open_log(tmp_path)
    index.publish_recorded(archive, log)
    assert log.size == 1 + len(archive.fixed_strikes("")) + archive.count()["fixings"]
    assert log.check() is None
    log.close()
    archive.close()
