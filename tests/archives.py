"""ARCHIVES: small archives for the tests, in SQLite or in a real PostgreSQL.

Takes   what a test says of a poll.
Gives   a body with observations of it, as a poll gives them; a reader of made-up recordings; the
        parameters that run a test in both databases.
Keeps   every observation true to its body: hash and times.
Source  Decision 0015.
"""

import json

import pytest

from chiphour.adapters.archive_rows import Answer
from chiphour.observe.observation import RateMissing
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.observe.venue import body_of
from chiphour.units import ns_from_iso
from postgres import fresh_url
from records import observation

STORES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.extra))


def url_of(store):
    """Give what `Archive` takes as its URL; skips where there is no such server."""
    return None if store == "sqlite" else fresh_url()


def answer(
    content=b"{}", rows=1, observed_ns=1_000, *, shape="list", path="", file_sha256="", **of
):
    """Give an answer with this many rows, or with rows of these fields."""
    rates = of.pop("rates", ())
    dated = of.pop("dated", True)
    body = body_of(content, shape, observed_ns, observed_ns + 5, rates, dated)
    fields = [{}] * rows if isinstance(rows, int) else rows
    common = {"source": "acme", "reader_version": "acme-1", "observed_ns": observed_ns} | of
    seen = tuple(
        observation(
            **{"received_ns": observed_ns + 5, "row": str(number)}
            | common
            | each
            | {"raw_sha256": body.sha256}
        )
        for number, each in enumerate(fields)
    )
    return Answer(body, seen, path, file_sha256)


class Reader:
    """A source that a test makes up: its bodies are JSON, with the fields of observations as rows.

    `{"at": ISO time or null, "rows": [{...}], "rate": [currency, ISO day, nano-dollars] or absent,
    "in": a currency that a rate must be known for, "next": a page that goes on}`
    """

    def __init__(self, name, *globs, version="1"):
        self.VENUE = Venue(
            name=name,
            publisher="",
            terms="",
            description="",
            site="",
            recordings=tuple(Recorded(glob, "list") for glob in globs),
            cadence="",
            feed="posted",
            evidence="recorded",
            reader_version=f"{name}-{version}",
        )

    def requests(self):
        yield Request("list", "/")

    def stated_ns(self, content, shape):
        at = self._parsed(content)["at"]
        return None if at is None else ns_from_iso(at)

    def read(self, body):
        said = self._parsed(body.content)
        if "in" in said and said["in"] not in {rate.currency for rate in body.rates}:
            raise RateMissing(f"expected a rate of {said['in']}, found none")
        for number, fields in enumerate(said["rows"]):
            seen = {"observed_ns": body.observed_ns, "received_ns": body.received_ns}
            flags = tuple(fields.get("flags", ())) if body.dated else ("UNDATED",)
            price_nanousd = 3 * 10**9 + sum(rate.nanousd for rate in body.rates)
            made = {"price_nanousd": price_nanousd, "row": str(number)} | seen | fields
            yield observation(
                **made
                | {"source": self.VENUE.name, "raw_sha256": body.sha256, "flags": flags}
                | {"reader_version": self.VENUE.reader_version}
            )
        if "next" in said:
            yield Request("list", said["next"])

    def _parsed(self, content):
        try:
            return json.loads(content)
        except ValueError as fault:
            raise UnexpectedData(f"{self.VENUE.name}: expected JSON, found {fault}") from None
