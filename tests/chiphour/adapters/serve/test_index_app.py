"""INDEX_APP: the application of an index is whole, and needs no exchange.

Takes   the handlers; a Python without the exchange's packages.
Gives   failures.
Keeps   the description equal to what is served.
Source  Decision 0023.
"""

import json
import subprocess
import sys

import httpx

from chiphour.adapters.serve.index_app import DESCRIBED
from chiphour.adapters.serve.index_app import openapi_bytes

WITHOUT = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[:2] in [["chiphour", w] for w in sys.argv[1:]]:
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
import chiphour.adapters.indexed
import chiphour.adapters.serve.index_app
import chiphour.adapters.serve.run
import chiphour.adapters.serve.web
print(sorted(m for m in sys.modules if m.split(".")[1:2] and m.split(".")[1] in sys.argv[1:]))
"""


def test_it_is_imported_where_there_is_no_exchange():
    words = [sys.executable, "-c", WITHOUT, "exchange", "auction", "contracts", "ledger", "day"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_every_address_for_programs_is_described(index_address):
    described = json.loads(openapi_bytes())
    served = {path.replace(":str", "") for handler in DESCRIBED for path in handler.paths}
    assert set(described["paths"]) == served
    for path, methods in described["paths"].items():
        operation = methods["get"]
        assert operation["summary"], path
        assert all(each.get("description") for each in operation.get("parameters", ())), path
    assert not [path for path in served if "book" in path or "contract" in path]
    assert httpx.get(index_address + "/schema/openapi.json").content == openapi_bytes()


def test_every_field_has_its_description():
    schemas = json.loads(openapi_bytes())["components"]["schemas"]
    assert {"FixingRow", "Dated", "News", "Companion", "Tick", "AttackCost"} <= set(schemas)
    for name, schema in schemas.items():
        for field, described in schema["properties"].items():
            assert described.get("description") or described.get("examples"), (name, field)
