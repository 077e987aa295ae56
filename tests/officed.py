"""OFFICED: a market that trades, with its office, served as a process; and who talks to it.

Takes   `python officed.py FOLDER`; keys with their secrets, of whoever signs.
Gives   the real server over a real journal, with two members who have traded; `Trading`: clients
        of it, by the operator's token or a member's signature.
Keeps   the signature made without what is tested.
Source  Decision 0034.
"""

import hashlib
import hmac
import json
import secrets
import subprocess
import sys
import time
from pathlib import Path

import httpx

from chiphour.adapters.server_file import read_server

PERPETUAL = "H100SXMOD_USDC-PERPETUAL"
BUYER, SELLER = 101, 102
PAID_USD = "10000.000000"
CLOCK = "clock"  # A file with the market time: then it is this, and the market begins empty.


class Trading:
    """A server over a folder; the operator's client, and what members sign."""

    def __init__(self, folder: Path, *words: str) -> None:
        command = [sys.executable, __file__, str(folder), *words]
        self.folder = folder
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().removeprefix("ready ").strip()
        self.token = read_server(folder).token
        bearer = {"Authorization": f"Bearer {self.token}"}
        self.operator = httpx.Client(base_url=self.address, headers=bearer, timeout=30)
        self.anybody = httpx.Client(base_url=self.address, timeout=30)

    def join(self, name="", **more):
        """Let a member join; give what is answered, with the key's secret."""
        name = name or f"m{secrets.token_hex(6)}"
        answer = self.operator.post("/api/members", json={"name": name} | more)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def key_of(self, name, *scopes, **more):
        """Make a key of a member; give it as it is answered."""
        wanted = {"name": "key", "scopes": list(scopes) or ["read"]} | more
        answer = self.operator.post(f"/api/members/{name}/keys", json=wanted)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def signed(self, made, method, target, body=None, **headers):
        """Ask as a member does, with a key as it was answered when it was made."""
        content = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            headers["content-type"] = "application/json"
        headers["authorization"] = authorization(made, method, target, content)
        return self.anybody.request(method, target, content=content, headers=headers)

    def end(self, kill=False):
        (self.process.kill if kill else self.process.terminate)()
        self.operator.close()
        self.anybody.close()
        self.process.stdout.close()
        return self.process.wait(timeout=30)


def key_file(folder, made):
    """Write a key as it was answered to a file that its owner alone can read."""
    path = folder / "key.json"
    path.touch(0o600)
    path.write_text(json.dumps(made))
    return path


def authorization(made, method, target, content=b"", nonce=""):
    """Sign a request as the dialect has it."""
    ts, nonce = str(time.time_ns() // 1_000_000), nonce or secrets.token_hex(8)
    head = f"{ts}\n{nonce}\n{method}\n{target}\n".encode()
    sig = hmac.new(made["secret"].encode(), head + content + b"\n", hashlib.sha256).hexdigest()
    return f"deri-hmac-sha256 id={made['key']['id']},ts={ts},sig={sig},nonce={nonce}"


def opened(market):
    """Open a perpetual; let two members join and trade."""
    import numpy as np

    from chiphour.adapters.members import name_bytes
    from chiphour.contracts.perpetual import Perpetual
    from chiphour.exchange.commands import Kind
    from chiphour.exchange.compose import command
    from chiphour.exchange.compose import commands
    from chiphour.exchange.compose import listing
    from chiphour.index.series import BY_TICKER
    from chiphour.units import ns_from_iso
    from told import order

    index = BY_TICKER["CHR.H100.SXM.OD"].number
    now_ns = ns_from_iso("2026-07-20T00:30:00+00:00")
    fix = {"index": index, "strike_ns": now_ns, "vintage": 1, "fit": 1}
    row = command(Kind.FIXING, **fix, value_microusd=3_200_000, time_ns=now_ns)
    market.submit(row[None])
    terms = np.array(Perpetual("CHR.H100.SXM.OD", index).lower())
    market.submit(listing(0, terms.tolist()))
    market.submit(command(Kind.MARK, index=index, fit=1, time_ns=now_ns + 10**12)[None])
    for account, name in ((BUYER, "buyer"), (SELLER, "seller")):
        paid = command(Kind.DEPOSIT, account=account, amount_microusd=10_000 * 10**6)
        rows = [command(Kind.OPEN_ACCOUNT, account=account), paid]
        market.submit(commands(rows), name_bytes(account, name))
    for account, side, price in ((SELLER, "sell", 32_010), (BUYER, "buy", 32_020)):
        market.submit(order(account, side, price, 40)[None])


def main(folder):
    from chiphour.adapters.market import Market
    from chiphour.adapters.serve.market_server import Folds
    from chiphour.adapters.serve.market_server import serve_market
    from chiphour.adapters.shown import Shown

    folds = Folds(folder, fix="--fix" in sys.argv)
    with folds, Market(folder, demonstration=False, hear=folds.hear) as market:
        clock = folder / CLOCK
        if clock.exists():
            market.runs_by(lambda: int(clock.read_text()))
        elif market.sequence == 0:
            opened(market)
        serve_market(Shown(market), market, folds, port=0)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    from chiphour.cli import name_kernel_cache

    name_kernel_cache()
    main(Path(sys.argv[1]))
