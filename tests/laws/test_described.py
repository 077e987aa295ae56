"""DESCRIBED: whatever fits the description of our API, or does not, is answered without a fault.

Takes   a market that trades, served as a process; its own OpenAPI document; requests drawn from
        it by schemathesis, legal ones and such as are not, signed by whoever may.
Gives   failures: a 5xx, an answer that is no JSON where JSON was promised, a server that ended.
Keeps   the seed fixed; more of it by hand with `CHIPHOUR_CASES=50000 CHIPHOUR_SEED=7`. Illegal
        requests cost the most to draw, and addresses without parameters have one: what these leave
        of the number is drawn from the others, with seeds that follow.
Source  Decision 0034; schemathesis.
"""

import itertools
import json
import os
import sys
import time
from collections import Counter
from contextlib import suppress

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck
from hypothesis import Phase
from hypothesis import given
from hypothesis import seed
from hypothesis import settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from officed import Trading
from officed import authorization

CASES = int(os.environ.get("CHIPHOUR_CASES", "5000"))
SEED = int(os.environ.get("CHIPHOUR_SEED", "2026"))
SECONDS_MAX = max(300, CASES // 20)  # A slow machine tries fewer, of each address alike.
ILLEGAL = 0.2  # Of the time.


class Over(Exception):
    """The share of an address in the time is over."""


class ByToken(requests.auth.AuthBase):
    """Signs as the operator of this machine."""

    def __init__(self, token):
        self.token = token

    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


class ByKey(requests.auth.AuthBase):
    """Signs as a member, what is really sent."""

    def __init__(self, made):
        self.made = made

    def __call__(self, request):
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        said = (request.method, request.path_url, body)
        request.headers["Authorization"] = authorization(self.made, *said)
        return request


@pytest.fixture
def trading(tmp_path):
    trading = Trading(tmp_path)
    yield trading
    assert trading.end() == 0


def signer_of(operation, trading, made):
    """Give who signs an operation: the operator, a member, or nobody."""
    schemes = {name for each in operation.get("security", ()) for name in each}
    if "operator" in schemes:
        return ByToken(trading.token)
    return ByKey(made) if schemes else None


@pytest.mark.long
def test_no_request_finds_a_fault_of_ours(trading):
    """Draw requests for every address, legal and illegal; none is answered by 5xx."""
    document = trading.anybody.get("/schema/openapi.json").json()
    made = trading.key_of("buyer", "read", "trade", "withdraw", "bid")
    schema = schemathesis.openapi.from_dict(document)
    operations = [found.ok() for found in schema.get_all_operations()]
    addresses = len(operations)
    statuses, faults, session = Counter(), [], requests.Session()
    end_s = time.monotonic() + SECONDS_MAX

    def attack(operation, mode, number, count, seconds):
        raw = document["paths"][operation.path][operation.method.lower()]
        signer, until_s = signer_of(raw, trading, made), time.monotonic() + seconds

        @seed(number)
        @settings(
            max_examples=max(1, count),
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(mode))
        def one(case):
            if time.monotonic() > until_s:
                raise Over
            answer = case.call(base_url=trading.address, session=session, auth=signer, timeout=30)
            statuses[answer.status_code] += 1
            kind = answer.headers.get("content-type", [""])[0]
            if answer.status_code >= 500:
                faults.append((case.as_curl_command(), answer.status_code, answer.content[:300]))
            if kind.startswith("application/json"):
                json.loads(answer.content)

        with suppress(Unsatisfiable, Over):  # Without parameters nothing can be illegal.
            one()

    share, seconds = CASES // (2 * addresses), ILLEGAL * SECONDS_MAX / addresses
    for operation in operations:
        attack(operation, GenerationMode.NEGATIVE, SEED, share, seconds)
    for number in itertools.count(SEED):
        share, seconds = (CASES - statuses.total()) // addresses, end_s - time.monotonic()
        for operation in operations:
            attack(operation, GenerationMode.POSITIVE, number, share, seconds / addresses)
        if statuses.total() >= CASES or time.monotonic() > end_s:
            break
    words = f"seed {SEED}: {statuses.total()} requests, {dict(sorted(statuses.items()))}"
    sys.stdout.write(f"{words}\n")
    assert not faults, faults[:3]
    assert statuses[200] > CASES // 50 and statuses[400] > CASES // 50
    assert trading.anybody.get("/api/health").status_code == 200
