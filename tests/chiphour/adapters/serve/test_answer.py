"""ANSWER: tags, security headers and faults, over a real connection.

Takes   the served market.
Gives   failures.
Keeps   the same doors closed on every answer.
Source  Decision 0010; RFC 9110.
"""

from datetime import date

import httpx
import pytest
from litestar.exceptions import NotFoundException
from litestar.exceptions import ValidationException

from chiphour.adapters.serve.answer import ECHOED_MOST
from chiphour.adapters.serve.answer import SECURITY_HEADERS
from chiphour.adapters.serve.answer import day_from_text
from chiphour.adapters.serve.answer import found

KEPT = ("/", "/market", "/data/fixings.csv", "/data/fixings.json", "/api/series", "/favicon.svg")


@pytest.mark.parametrize("path", KEPT)
def test_an_unchanged_body_is_not_sent_again(address, path):
    first = httpx.get(address + path)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"
    for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = httpx.get(address + path, headers={"If-None-Match": given})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert httpx.get(address + path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_what_moves_is_not_kept(address):
    for path in ("/api/book/H100SXMOD_USDC-PERPETUAL", "/api/contracts", "/healthz"):
        answer = httpx.get(address + path)
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers


@pytest.mark.parametrize(
    "path", [*KEPT, "/nowhere", "/api/nowhere", "/api/series/mi250-od", "/schema/openapi.json"]
)
def test_every_answer_closes_the_doors(address, path):
    headers = httpx.get(address + path).headers
    for name, value in SECURITY_HEADERS.items():
        assert headers[name] == value
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "script" not in headers["content-security-policy"]
    assert "server" not in headers


def test_open_data_may_be_read_by_any_page_but_pages_may_not(address):
    assert httpx.get(address + "/api/series").headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in httpx.get(address + "/").headers


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("/api/curve/h100-sxm-od?as_of=2026-07-01T00:00:00Z", "none here"),
        ("/api/book/H100SXMOD_USDC-PERPETUAL?dept=3", "one of depth"),
        ("/api/series?as-of=2026-07-01T00:00:00Z", "one of "),
        ("/healthz?verbose", "none here"),
        ("/data/fixings.csv?from=2026-07-01", ""),
    ],
)
def test_a_parameter_that_is_not_known_is_refused(address, path, known):
    answer = httpx.get(address + path)
    assert answer.status_code == 400
    assert known in answer.json()["error"] and "parameter: expected" in answer.json()["error"]
    assert httpx.get(address + path.partition("?")[0]).status_code == 200


def test_pages_pass_over_what_links_carry_along(address):
    assert httpx.get(address + "/?utm_source=letter").status_code == 200


def test_what_was_asked_is_repeated_shortly():
    assert found("x") == "'x'"
    assert len(found("x" * 1_000)) == ECHOED_MOST + 3
    assert found("a\nb") == "'a\\nb'"


def test_a_day_is_read_or_refused():
    days = [date(2026, 7, 10), date(2026, 7, 12)]
    assert day_from_text("2026-07-12", days) == days[1]
    with pytest.raises(NotFoundException, match="from 2026-07-10 to 2026-07-12, found 2026-07-11"):
        day_from_text("2026-07-11", days)
    with pytest.raises(NotFoundException, match="there is none yet"):
        day_from_text("2026-07-11", [])
    for text in ("", "12", "2026-13-01", "2026-07-12T00:30"):
        with pytest.raises(ValidationException, match="expected a day such as"):
            day_from_text(text, days)
