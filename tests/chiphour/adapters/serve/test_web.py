"""WEB: the page and what stands beside it, over a real connection.

Takes   the served market with a small page before it, and without.
Gives   failures.
Keeps   programs' answers as they were, and every door of a browser closed.
Source  Decision 0041.
"""

import gzip
import subprocess
import sys

import httpx
import pytest

from chiphour.adapters.serve.answer import SECURITY_HEADERS
from chiphour.adapters.serve.web import SECRETS
from chiphour.adapters.serve.web import SHELL_HEADERS
from paged import FONT
from paged import SCRIPT
from paged import built
from paged import unbuilt

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
EMPTY = {"Accept-Encoding": "identity"}


def started_with(started, page):
    process = started("0", "--page", str(page))
    return process.stdout.readline().removeprefix("ready ").strip()


@pytest.fixture(scope="module")
def paged(tmp_path_factory, shown):
    """Serve the market with a built page."""
    folder = built(tmp_path_factory.mktemp("page"))
    words = [sys.executable, shown.__file__, "0", "--page", str(folder)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    yield process.stdout.readline().removeprefix("ready ").strip()
    process.terminate()
    assert process.wait(timeout=20) == 0
    assert process.stderr.read() == ""  # Nothing of a request was logged.


@pytest.mark.parametrize(
    "path", ["/", "/release/2026-07-10", "/series/h100-sxm-od", "/prices", "/auction/7?view=map"]
)
def test_a_browser_gets_the_page_at_each_of_its_addresses(paged, path):
    answer = httpx.get(paged + path, headers=BROWSER)
    assert answer.status_code == 200
    assert '<div id="app"></div>' in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert (answer.headers["cache-control"], answer.headers["content-encoding"]) == (
        *("no-cache", "gzip"),
    )
    assert "Accept" in answer.headers["vary"]
    again = httpx.get(paged + path, headers={**BROWSER, "If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_plain_page_stands_for_who_asks_otherwise(paged, address):
    plain = httpx.get(address + "/").text
    for path, headers in (("/", {}), ("/", {"Accept": "application/json"}), ("/?plain=1", BROWSER)):
        answer = httpx.get(paged + path, headers=headers)
        assert (answer.status_code, answer.text) == (200, plain)
        assert "Accept" in answer.headers["vary"]
    assert '<div id="app">' in httpx.get(paged + "/prices").text  # It has no plain form.


def test_programs_get_what_they_got(paged, address):
    for path in ("/api/series", "/data/fixings.csv", "/schema/openapi.json", "/api/news"):
        before = httpx.get(address + path, headers=EMPTY)
        for headers in (EMPTY, {"Accept-Encoding": "gzip"}, BROWSER):
            answer = httpx.get(paged + path, headers=headers)
            assert (answer.status_code, answer.content) == (200, before.content), path
        packed = httpx.get(paged + path, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        tag = packed.headers["etag"]
        assert tag == f"W/{before.headers['etag']}"
        assert httpx.get(paged + path, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    ("name", "body", "media_type"),
    [
        ("app-a1.js", SCRIPT.encode(), "text/javascript; charset=utf-8"),
        ("fonts/figures-c3.woff2", FONT, "font/woff2"),
    ],
)
def test_a_file_of_the_page_is_kept_for_good(paged, name, body, media_type):
    answer = httpx.get(f"{paged}/assets/{name}", headers=EMPTY)
    assert (answer.status_code, answer.content) == (200, body)
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    head = httpx.head(f"{paged}/assets/{name}", headers=EMPTY)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(body))
    tag = answer.headers["etag"]
    assert httpx.get(f"{paged}/assets/{name}", headers={"If-None-Match": tag}).status_code == 304


def test_a_file_of_text_is_sent_packed(paged):
    with httpx.stream("GET", paged + "/assets/app-a1.js") as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw).decode() == SCRIPT


@pytest.mark.parametrize(
    "path",
    [
        *("/assets/", "/assets/none.js", "/assets/../index.html", "/assets/%2e%2e/routes.json"),
        *("/assets/..%2f.built", "/assets//app-a1.js", "/assets/fonts", "/index.html"),
    ],
)
def test_nothing_else_of_the_folder_can_be_had(paged, path):
    connection = httpx.Client(base_url=paged)
    request = connection.build_request("GET", "/", headers=BROWSER)
    request.url = request.url.copy_with(raw_path=path.encode())
    answer = connection.send(request)
    assert answer.status_code == 404
    assert "export const" not in answer.text and "<div" not in answer.text.partition("<main")[0]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/series/nothing", 404),
        ("/release/2020-01-01", 404),
        ("/trade/GOLD", 404),
        ("/trade/H100SXMOD_USDC-PERPETUAL", 200),
        ("/series/mi250-od", 200),
    ],
)
def test_the_page_stands_with_the_status_that_its_address_has(paged, path, status):
    answer = httpx.get(paged + path, headers=BROWSER)
    assert answer.status_code == status
    assert '<div id="app"></div>' in answer.text


@pytest.mark.parametrize("name", [*SECRETS, "Client_Secret", "%73ecret"])
def test_a_secret_in_an_address_is_dropped_and_never_repeated(paged, name):
    path = f"/trade/H100SXMOD_USDC-PERPETUAL?side=buy&{name}=hunter2&lots=1"
    answer = httpx.get(paged + path, headers=BROWSER)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/trade/H100SXMOD_USDC-PERPETUAL?side=buy&lots=1"
    assert answer.headers["cache-control"] == "no-store"
    assert "hunter2" not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    "path", ["//elsewhere.example/?key=1", "/\\elsewhere.example/?key=1", "/%2Felsewhere/?key=1"]
)
def test_a_dropped_secret_leads_to_no_other_host(paged, path):
    connection = httpx.Client(base_url=paged)
    request = connection.build_request("GET", "/")
    request.url = request.url.copy_with(raw_path=path.encode())
    location = connection.send(request).headers["location"]
    assert location.startswith("/elsewhere") and not location.startswith("//")


def test_a_secret_that_programs_send_is_not_repeated_either(paged):
    answer = httpx.get(paged + "/api/series?secret=hunter2")
    assert answer.status_code == 400
    assert "hunter2" not in answer.text + str(answer.headers)


KINDS = [
    *("/", "/prices", "/series/nothing", "/nowhere", "/assets/app-a1.js", "/assets/none"),
    *("/api/series", "/api/nowhere", "/data/fixings.csv", "/?plain=1", "/?key=1", "/favicon.svg"),
]


@pytest.mark.parametrize("path", KINDS)
def test_every_kind_of_answer_closes_the_doors(paged, path):
    headers = httpx.get(paged + path, headers=BROWSER).headers
    for name, value in SECURITY_HEADERS.items():
        assert headers[name] == (value if name != "Content-Security-Policy" else headers[name])
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy.replace("style-src 'unsafe-inline'", "")
    assert "server" not in headers


def test_the_page_may_run_its_own_files_and_nothing_written_into_it(paged):
    policy = httpx.get(paged + "/prices", headers=BROWSER).headers["content-security-policy"]
    assert policy == SHELL_HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy and "*" not in policy and "http" not in policy


def test_where_no_page_was_built_the_plain_ones_stand_and_the_others_say_how(
    started, tmp_path, address
):
    bare = started_with(started, unbuilt(tmp_path))
    assert httpx.get(bare + "/", headers=BROWSER).text == httpx.get(address + "/").text
    answer = httpx.get(bare + "/prices", headers=BROWSER)
    assert (answer.status_code, answer.text.count("\n")) == (503, 1)
    assert "python hatch_build.py builds it" in answer.text
    assert httpx.get(bare + "/assets/app-a1.js").status_code == 404


def test_a_host_of_the_request_is_said_only_where_it_is_a_host(paged):
    good = httpx.get(paged + "/", headers={**BROWSER, "Host": "index.example:8443"}).text
    assert '<link rel="canonical" href="http://index.example:8443/" />' in good
    bad = httpx.get(paged + "/", headers={**BROWSER, "Host": 'x"><script>'}).text
    assert "canonical" not in bad and bad.count("<script") == 1


def test_the_sitemap_has_the_addresses_of_the_page(paged):
    found = httpx.get(paged + "/sitemap.xml").text
    for path in ("/prices", "/report", "/"):
        assert f"<loc>{paged}{path}</loc>" in found
    assert "{" not in found
