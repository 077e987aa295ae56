"""DOORED_AUCTION: a served market that begins empty, at a time that a file says, and its commands.

Takes   a folder.
Gives   `Served`: the server as a process; the key files of two members; the command line in it.
Keeps   what is printed to be looked at.
Source  docs/how-to/auction.md.
"""

import json

from auctioned import terms_of
from gated import OPENS_NS
from gated import settings_of
from officed import CLOCK
from officed import Trading


class Served:
    """A market with an open run 7, a supplier and a buyer; `more` are terms of the run."""

    def __init__(self, folder, settings=None, **more):
        self.folder = folder
        self.at(OPENS_NS)
        self.trading = Trading(folder)
        self.accounts = {}
        self.keys = {}
        for name in ("supplier", "buyer"):
            joined = self.trading.join(name, deposit_usd="1000", scopes=["read", "bid"])
            self.keys[name] = joined
            self.accounts[name] = joined["member"]["account"]
            path = self.key(name)
            path.touch(0o600)
            path.write_text(json.dumps(joined))
        self.operates("POST", "/api/auction/runs", terms_of(settings or settings_of(), **more), 201)

    @property
    def url(self):
        return self.trading.address

    def key(self, name):
        return self.folder / f"{name}.key.json"

    def asks(self, name, method, target, body=None, status=200):
        """Ask as a member does; give what is answered."""
        answer = self.trading.signed(self.keys[name], method, target, body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def operates(self, method, target, body=None, status=200):
        """Ask as the operator; give what is answered."""
        answer = self.trading.operator.request(method, target, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def at(self, time_ns):
        (self.folder / CLOCK).write_text(str(time_ns))

    def end(self):
        assert self.trading.end() == 0
