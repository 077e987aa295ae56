"""TEST FETCH: what comes over a real socket is given whole, or refused with the right word.

Takes   a server on loopback that answers well, badly, never, or with too much.
Gives   claims on every refusal, on secrets, conditional requests, addresses and pace.
Keeps   the client as it is: nothing of it is replaced.
Source  Decision 0015.
"""

import asyncio
import gzip
import json
import logging
import shutil
import ssl
import subprocess
import time
import traceback
import tracemalloc
import zlib
from urllib.parse import quote_plus

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour import __version__
from chiphour.adapters import fetch as module
from chiphour.adapters.fetch import REFUSALS
from chiphour.adapters.fetch import RETRY_AFTER_NS_MAX
from chiphour.adapters.fetch import Fetcher
from chiphour.adapters.fetch import FetchRefused
from chiphour.adapters.fetch import _Memory
from chiphour.adapters.fetch import retry_after_ns
from chiphour.observe.observation import MarketError
from chiphour.observe.venue import Request
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_SECOND
from chiphour.units import ns_from_iso
from served import Served
from served import answer
from served import hang
from served import reset
from served import venue

NOW = ns_from_iso("2026-08-01T00:00:00Z")
GET = Request("page", "/offers")
TOKEN = "tok3n-nobody-may-see"
SECRETS = {"ACME_TOKEN": TOKEN}


async def fetch(fetcher, request=GET, seconds=5.0, **fields):
    deadline = asyncio.get_running_loop().time() + seconds
    return await fetcher.fetch(request, venue(**fields), deadline)


def ask(deed, request=GET, secrets=SECRETS, seconds=5.0, tls=None, **fields):
    """Ask a server once that does this deed, at the venue's own address."""

    async def run():
        async with Served({"/offers": deed}, tls) as server, Fetcher(secrets) as fetcher:
            fields.setdefault("base_url", server.url)
            return await fetch(fetcher, request, seconds, **fields), server.asked

    return asyncio.run(run())


def refusal(deed, *arguments, **fields):
    with pytest.raises(FetchRefused) as caught:
        ask(deed, *arguments, **fields)
    assert caught.value.code in REFUSALS
    assert str(caught.value) == f"{caught.value.code}: {caught.value.detail}"
    return caught.value


def test_an_answer_is_given_whole_with_its_time():
    began_ns = time.time_ns()
    fetched, asked = ask(answer(b'{"a": 1}'))
    assert fetched.content == b'{"a": 1}'
    assert began_ns <= fetched.received_ns <= time.time_ns()
    assert not fetched.repeated
    assert [(each.method, each.target, each.body) for each in asked] == [("GET", "/offers", b"")]


def test_the_client_says_who_it_is_and_what_it_takes():
    _, (asked,) = ask(answer(), content_types=("application/json", "text/json"))
    version = __version__
    expected = f"chiphour/{version} (price observation; see /venues)"
    assert asked.headers["user-agent"] == expected
    assert asked.headers["accept"] == "application/json, text/json"
    assert asked.headers["accept-encoding"] == "gzip"
    assert not {"authorization", "cookie", "if-none-match"} & asked.headers.keys()


def test_a_body_is_posted_as_json():
    request = Request("page", "/offers", body='{"gpu":"H100"}')
    _, (asked,) = ask(answer(), request)
    assert (asked.method, asked.body) == ("POST", b'{"gpu":"H100"}')
    assert asked.headers["content-type"] == "application/json"


def test_a_query_is_added_to_that_of_the_path():
    request = Request("page", "/offers?page=2", (("q", "a b&c"), ("q", "é")))
    _, (asked,) = ask(answer(), request)
    assert asked.target == "/offers?page=2&q=a+b%26c&q=%C3%A9"


def test_a_query_in_the_path_goes_as_it_was_written():
    path = "/offers?$filter=a%20eq%20b&of=1,2;3&c=%2B"
    request = Request("page", path, secret="ACME_TOKEN", secret_as="query key")
    _, (asked,) = ask(answer(), request)
    assert asked.target == f"{path}&key={TOKEN}"
    _, (asked,) = ask(answer(), Request("page", path))
    assert asked.target == path


def test_gzip_is_unpacked():
    fetched, _ = ask(answer(gzip.compress(b"[1]" * 1000), content_encoding="gzip"))
    assert fetched.content == b"[1]" * 1000


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8"])
def test_parameters_of_a_media_type_are_ignored(kind):
    assert ask(answer(b"[]", kind=kind))[0].content == b"[]"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (204, "STATUS"),
        (301, "STATUS"),
        (304, "STATUS"),  # We had asked for no condition.
        (401, "SECRET_REFUSED"),
        (403, "SECRET_REFUSED"),
        (404, "STATUS"),
        (429, "RATE_LIMITED"),
        (500, "STATUS"),
    ],
)
def test_another_status_is_refused(status, code):
    fault = refusal(answer(b"", status))
    assert (fault.code, fault.retry_after_ns) == (code, None)
    assert str(status) in fault.detail


def test_a_redirect_is_not_followed():
    async def run():
        deeds = {"/offers": answer(b"", 302, location="/other"), "/other": answer()}
        async with Served(deeds) as server, Fetcher({}) as fetcher:
            with pytest.raises(FetchRefused, match="found 302"):
                await fetch(fetcher, base_url=server.url)
            assert server.paths() == ["/offers"]

    asyncio.run(run())


@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_in_seconds_is_told(status):
    fault = refusal(answer(b"", status, retry_after="120"))
    assert fault.retry_after_ns == 120 * NS_PER_SECOND


def test_a_retry_after_as_a_date_is_told():
    async def run():
        deed = answer(b"", 429, retry_after="Sat, 01 Aug 2026 00:02:00 GMT")
        fetcher = Fetcher({}, now_ns=lambda: NOW)
        async with Served({"/offers": deed}) as server, fetcher:
            with pytest.raises(FetchRefused) as caught:
                await fetch(fetcher, base_url=server.url)
        assert caught.value.retry_after_ns == 120 * NS_PER_SECOND

    asyncio.run(run())


@pytest.mark.parametrize(
    ("text", "expected_ns"),
    [
        ("0", 0),
        (" 7 ", 7 * NS_PER_SECOND),
        ("86401", NS_PER_DAY),
        ("9" * 5000, NS_PER_DAY),
        ("000000000120", 120 * NS_PER_SECOND),
        ("Sat, 01 Aug 2026 00:00:01 GMT", NS_PER_SECOND),
        ("Fri, 31 Jul 2026 23:59:59 GMT", 0),
        ("Sun, 01 Aug 2027 00:00:00 GMT", NS_PER_DAY),
        ("Sat, 01 Aug 2026 00:00:01", None),  # Without a zone it is no time.
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
    ],
)
def test_a_retry_after_is_read_or_not_there(text, expected_ns):
    assert retry_after_ns(text, NOW) == expected_ns


@given(st.text(max_size=60))
def test_no_retry_after_breaks_the_reading(text):
    found = retry_after_ns(text, NOW)
    assert found is None or 0 <= found <= RETRY_AFTER_NS_MAX


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "", "application/jsonp", "\x80"])
def test_another_media_type_is_refused(kind):
    fault = refusal(answer(b"<html>", kind=kind))
    assert fault.code == "CONTENT_TYPE"
    assert "expected application/json, found" in fault.detail


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip"])
def test_another_coding_is_refused(coding):
    assert refusal(answer(b"", content_encoding=coding)).code == "CONTENT_TYPE"


async def flood(asked, out):
    """Send without end and without a length."""
    out.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n")
    while True:
        out.write(b"[" * 65536)
        await out.drain()


async def flood_packed(asked, out):
    """Send gzip without end that unpacks to nothing: empty blocks."""
    out.write(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n\r\n"
    )
    packer = zlib.compressobj(wbits=31)
    out.write(packer.compress(b"x") + packer.flush(zlib.Z_FULL_FLUSH))
    while True:
        out.write(b"\x00\x00\x00\xff\xff" * 10_000)
        await out.drain()


BOMB = gzip.compress(bytes(50 << 20))


@pytest.mark.parametrize(
    "deed",
    [
        flood,
        flood_packed,
        answer(b"1" * 100_001),
        answer(BOMB, content_encoding="gzip"),
    ],
    ids=["endless", "endless gzip of nothing", "one byte too many", "bomb"],
)
def test_an_answer_beyond_the_bound_is_refused(deed):
    fault = refusal(deed, body_bytes_max=100_000)
    assert fault.code == "TOO_LARGE"
    assert "100000" in fault.detail


async def crumbs(asked, out):
    """Send a body without end in chunks of one byte."""
    out.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
    out.write(b"transfer-encoding: chunked\r\n\r\n")
    while True:
        out.write(b"1\r\n \r\n" * 20_000)
        await out.drain()


def test_a_body_in_crumbs_holds_nobody():
    """Others have their turn while it comes: it would take the loop for 0.4 seconds at a time.

    By the processor's time of the loop's thread: a busy machine takes turns away, too.
    """

    async def run():
        waits_s = []

        async def watch():
            while True:
                began = time.thread_time()
                await asyncio.sleep(0.001)
                waits_s.append(time.thread_time() - began)

        async with Served({"/offers": crumbs}) as server, Fetcher({}) as fetcher:
            watching = asyncio.create_task(watch())
            deadline = asyncio.get_running_loop().time() + 1.5
            with pytest.raises(FetchRefused, match="TIMEOUT"):
                await fetcher.fetch(GET, venue(base_url=server.url), deadline)
            watching.cancel()
        return waits_s

    assert 0 < max(asyncio.run(run())) < 0.2


def test_crumbs_are_refused_before_they_are_a_whole_body(monkeypatch):
    monkeypatch.setattr(module, "PIECES_MAX", 1000)
    fault = refusal(crumbs, body_bytes_max=100_000)
    assert fault.code == "TOO_LARGE"
    assert "expected at most 1000 chunks" in fault.detail


def test_a_bomb_is_never_unpacked_whole():
    tracemalloc.start()
    try:
        refusal(answer(BOMB, content_encoding="gzip"), body_bytes_max=100_000)
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < 5 << 20


def test_an_answer_of_just_the_bound_is_taken():
    body = b"1" * 100_000
    assert ask(answer(body), body_bytes_max=100_000)[0].content == body
    packed = answer(gzip.compress(body), content_encoding="gzip")
    assert ask(packed, body_bytes_max=100_000)[0].content == body


async def drip(asked, out):
    """Send a byte now and then: never silent for long, never done."""
    out.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
    while True:
        out.write(b" ")
        await out.drain()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("deed", [hang, drip])
def test_who_is_late_is_refused_at_the_deadline(deed):
    began = time.monotonic()
    assert refusal(deed, seconds=0.3).code == "TIMEOUT"
    assert 0.25 < time.monotonic() - began < 2


def test_a_deadline_that_is_past_asks_nobody():
    assert refusal(answer(), seconds=-1).code == "TIMEOUT"


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:1", "http://localhost:1"])
def test_a_refused_connection_is_unreachable(base_url):
    fault = refusal(answer(), base_url=base_url)
    assert fault.code == "UNREACHABLE"
    assert "Connect call failed" in fault.detail


def test_a_name_that_nobody_has_is_unreachable():
    assert refusal(answer(), base_url="http://nowhere.invalid", seconds=30).code == "UNREACHABLE"


def test_a_source_that_is_only_recorded_is_unreachable():
    assert refusal(answer(), base_url="").code == "UNREACHABLE"


async def break_off_at_once(asked, out):
    reset(out)


async def break_off_in_the_body(asked, out):
    out.write(answer(b"x" * 1000)[:-500])
    await out.drain()
    await asyncio.sleep(0.05)
    reset(out)


async def end_in_the_head(asked, out):
    out.write(b"HTTP/1.1 200 OK\r\ncontent-ty")


PACKED = gzip.compress(bytes(range(256)) * 100)


@pytest.mark.parametrize(
    "deed",
    [
        break_off_at_once,
        break_off_in_the_body,
        end_in_the_head,
        answer(b"x" * 1000)[:-500],
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        answer(PACKED[:-100], content_encoding="gzip"),
        answer(PACKED[:100] + b"torn" + PACKED[104:], content_encoding="gzip"),
        answer(PACKED + b"more", content_encoding="gzip"),
        answer(b"{}", content_encoding="gzip"),
        answer(b"", content_encoding="gzip"),
    ],
    ids=[
        "reset",
        "reset in the body",
        "end in the head",
        "short",
        "nothing",
        "no HTTP",
        "gzip short",
        "gzip torn",
        "gzip with more",
        "not gzip",
        "gzip empty",
    ],
)
def test_a_torn_answer_is_interrupted(deed):
    assert refusal(deed).code == "INTERRUPTED"


@pytest.mark.parametrize("path", ["", ".evil.invalid/", "@evil.invalid/", "//\x00"])
def test_a_path_cannot_change_the_host(path):
    assert refusal(answer(), Request("page", path)).code == "UNREADABLE"


def certificate(folder):
    if not shutil.which("openssl"):
        pytest.skip("no openssl")
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"]
    files = ["-keyout", str(folder / "key"), "-out", str(folder / "certificate")]
    subprocess.run(["openssl", *words, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate", folder / "key")
    return context


def test_a_certificate_that_nobody_vouches_for_is_unreachable(tmp_path):
    fault = refusal(answer(), tls=certificate(tmp_path))
    assert fault.code == "UNREACHABLE"
    assert "CERTIFICATE_VERIFY_FAILED" in fault.detail


@pytest.mark.parametrize(
    ("secret_as", "where"),
    [
        ("bearer", lambda asked: asked.headers["authorization"] == f"Bearer {TOKEN}"),
        ("header X-Key", lambda asked: asked.headers["x-key"] == TOKEN),
        ("query key", lambda asked: asked.target == f"/offers?a=1&key={TOKEN}"),
    ],
)
def test_a_secret_goes_to_its_venue(secret_as, where):
    request = Request("page", "/offers", (("a", "1"),), secret="ACME_TOKEN", secret_as=secret_as)
    _, (asked,) = ask(answer(), request)
    assert where(asked)


@pytest.mark.parametrize(
    ("secrets", "found"),
    [
        ({}, "none"),
        ({"ACME_TOKEN": ""}, "none"),
        ({"ACME_TOKEN": TOKEN + "\n"}, "other characters"),
        ({"ACME_TOKEN": TOKEN + "é"}, "other characters"),
    ],
)
def test_a_missing_secret_is_named_and_nobody_asked(secrets, found):
    request = GET._replace(secret="ACME_TOKEN")
    fault = refusal(answer(), request, secrets)
    assert fault.code == "SECRET_MISSING"
    assert "ACME_TOKEN" in fault.detail
    assert fault.detail.endswith(f"found {found}")
    assert TOKEN not in str(fault)


def everything_of(fault):
    """Give all that a fault tells or carries, to its last context."""
    texts = ["".join(traceback.format_exception(fault))]
    while fault is not None:
        texts += [repr(fault), repr(vars(fault))]
        fault = fault.__cause__ or fault.__context__
    return "\n".join(texts)


async def echo(asked, out):
    """Send back in every place what was sent."""
    said = answer(b"", 403, TOKEN, location=f"/?key={TOKEN}", retry_after=TOKEN)
    out.write(said.replace(b"Said", TOKEN.encode()))


async def echo_as_type(asked, out):
    out.write(answer(b"", kind=f"text/{TOKEN}"))


@pytest.mark.parametrize("secret_as", ["bearer", "header X-Key", "query key"])
@pytest.mark.parametrize(
    "deed", [echo, echo_as_type, hang, break_off_at_once, break_off_in_the_body, b""]
)
def test_a_secret_is_in_no_fault_and_no_log(deed, secret_as, caplog):
    caplog.set_level(logging.DEBUG)
    request = GET._replace(secret="ACME_TOKEN", secret_as=secret_as)
    with pytest.raises(FetchRefused) as caught:
        ask(deed, request, seconds=0.3)
    assert TOKEN not in everything_of(caught.value)
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "written", [lambda token: token, lambda token: json.dumps(token)[1:-1], quote_plus]
)
def test_an_answer_that_holds_our_secret_is_refused_unseen(written, packed):
    """As the venues do that answer 200 and `bad key ...`, or link to the next page with the key."""
    token = 'a/secret+"of-ours"=='
    body = f'{{"next": "{written(token)}"}}'.encode()
    said = answer(gzip.compress(body), content_encoding="gzip") if packed else answer(body)
    request = GET._replace(secret="ACME_TOKEN")
    fault = refusal(said, request, {"ACME_TOKEN": token})
    assert fault.code == "SECRET_ECHOED"
    assert "expected an answer without ACME_TOKEN" in fault.detail
    assert written(token) not in everything_of(fault)


def test_a_word_that_may_stand_anywhere_is_not_taken_for_our_secret():
    request = GET._replace(secret="ACME_TOKEN")
    assert ask(answer(b'["H100"]'), request, {"ACME_TOKEN": "H100"})[0].content == b'["H100"]'


def test_a_base_url_takes_the_place_of_every_venues_and_gets_no_secret():
    async def run():
        deeds = {"/acme/offers": answer(b"[1]"), "/other/v1/list": answer(b"[2]")}
        async with Served(deeds) as server, Fetcher(SECRETS, base_url=server.url + "/") as fetcher:
            with_secret = GET._replace(secret="ACME_TOKEN")
            assert (await fetch(fetcher, with_secret)).content == b"[1]"
            needs_more = Request("page", "/v1/list", secret="NOT_THERE", secret_as="query key")
            assert (await fetch(fetcher, needs_more, name="other")).content == b"[2]"
            assert [asked.target for asked in server.asked] == ["/acme/offers", "/other/v1/list"]
            assert not any("authorization" in asked.headers for asked in server.asked)

    asyncio.run(run())


@pytest.mark.parametrize("base_url", ["http://[::", "http://a:b", "http://a\0b"])
def test_a_base_url_that_is_none_is_told(base_url):
    with pytest.raises(MarketError, match="expected a base URL, found "):
        Fetcher({}, base_url=base_url)


def test_cookies_are_not_kept():
    async def run():
        deeds = {"/offers": answer(set_cookie="a=b; Path=/")}
        async with Served(deeds) as server, Fetcher({}) as fetcher:
            for _ in range(2):
                await fetch(fetcher, base_url=server.url)
            assert not any("cookie" in asked.headers for asked in server.asked)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("sent", "comes_back"),
    [
        ({"etag": '"v1"'}, {"if-none-match": '"v1"'}),
        ({"etag": 'W/"v1"'}, {"if-none-match": 'W/"v1"'}),
        (
            {"last_modified": "Sat, 01 Aug 2026 00:00:00 GMT"},
            {"if-modified-since": "Sat, 01 Aug 2026 00:00:00 GMT"},
        ),
    ],
)
def test_what_is_not_modified_is_given_again(sent, comes_back):
    async def unless_known(asked, out):
        known = comes_back.items() <= asked.headers.items()
        out.write(answer(b"", 304) if known else answer(b"[1]", **sent))

    async def run():
        async with Served({"/offers": unless_known}) as server, Fetcher({}) as fetcher:
            first = await fetch(fetcher, base_url=server.url)
            again = await fetch(fetcher, base_url=server.url)
            assert (first.content, first.repeated) == (b"[1]", False)
            assert (again.content, again.repeated) == (b"[1]", True)
            assert again.received_ns > first.received_ns
            # Another venue, or another request, knows nothing of it.
            for fields in ({"name": "other"}, {"request": GET._replace(query=(("a", "1"),))}):
                assert not (await fetch(fetcher, base_url=server.url, **fields)).repeated

    asyncio.run(run())


def test_what_was_modified_is_new():
    versions = iter("123")

    async def always_new(asked, out):
        version = next(versions)
        out.write(answer(version.encode(), etag=f'"{version}"'))

    async def run():
        async with Served({"/offers": always_new}) as server, Fetcher({}) as fetcher:
            found = [await fetch(fetcher, base_url=server.url) for _ in range(3)]
            tags = [asked.headers.get("if-none-match") for asked in server.asked]
        assert [each.content for each in found] == [b"1", b"2", b"3"]
        assert tags == [None, '"1"', '"2"']
        assert not any(each.repeated for each in found)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("request_", "tag"), [(GET._replace(body="{}"), '"v1"'), (GET, "unquoted"), (GET, '"\xe9"')]
)
def test_no_condition_for_a_post_or_a_tag_that_is_none(request_, tag):
    async def run():
        async with Served({"/offers": answer(etag=tag)}) as server, Fetcher({}) as fetcher:
            for _ in range(2):
                await fetch(fetcher, request_, base_url=server.url)
            assert not any("if-none-match" in asked.headers for asked in server.asked)

    asyncio.run(run())


def test_the_memory_of_answers_is_bounded(monkeypatch):
    monkeypatch.setattr("chiphour.adapters.fetch.MEMORY_BYTES_MAX", 10)
    monkeypatch.setattr("chiphour.adapters.fetch.MEMORY_ENTRIES_MAX", 3)
    tagged = httpx.Headers({"etag": '"v"'})
    memory = _Memory()

    def known():
        return [path for path in "abcd" if memory.get(("acme", Request("", path)))]

    def put(path, content, headers=tagged):
        memory.put(("acme", Request("", path)), content, headers)

    put("a", b"12345")
    put("b", b"12345")
    assert known() == ["a", "b"]
    assert memory.get(("acme", Request("", "a")))
    put("c", b"1")
    assert known() == ["a", "c"]  # Nobody had asked for b for longest.
    put("d", b"12345678901")
    assert known() == ["a", "c"]
    put("b", b"")
    put("d", b"")
    assert len(known()) == 3
    put("d", b"", httpx.Headers())
    assert "d" not in known()
    assert memory._bytes == sum(len(each.content) for each in memory._known.values())


def test_each_venue_is_asked_at_its_own_pace():
    """A clock that only sleep moves: five requests of one venue lie two seconds apart."""
    clock_ns = [0]
    at_ns = []

    async def sleep(seconds):
        clock_ns[0] += round(seconds * NS_PER_SECOND)

    async def run(paced):
        clock_ns[0], at_ns[:] = 0, []
        deeds = {"/acme/offers": answer(), "/other/offers": answer()}
        async with Served(deeds) as server:
            fetcher = Fetcher(
                {},
                base_url=server.url,
                paced=paced,
                monotonic_ns=lambda: clock_ns[0],
                sleep=sleep,
            )
            async with fetcher:
                for _ in range(5):
                    await fetch(fetcher, requests_per_minute=30)
                    at_ns.append(clock_ns[0])
                await fetch(fetcher, name="other", requests_per_minute=30)
        return [time_ns // NS_PER_SECOND for time_ns in (*at_ns, clock_ns[0])]

    assert asyncio.run(run(True)) == [0, 2, 4, 6, 8, 8]
    assert asyncio.run(run(False)) == [0] * 6
    assert asyncio.run(run(None)) == [0] * 6  # By default not on loopback.


def test_those_who_wait_for_a_venue_go_one_after_the_other():
    async def run():
        async with Served({"/offers": answer()}) as server, Fetcher({}) as fetcher:
            began = time.monotonic()
            fields = {"base_url": server.url, "requests_per_minute": 600}
            await asyncio.gather(*(fetch(fetcher, **fields) for _ in range(4)))
            assert time.monotonic() - began >= 0.3

    asyncio.run(run())


def test_a_wait_beyond_the_deadline_is_a_time_out():
    async def run():
        async with Served({"/offers": answer()}) as server, Fetcher({}) as fetcher:
            fields = {"base_url": server.url, "requests_per_minute": 1}
            await fetch(fetcher, **fields)
            with pytest.raises(FetchRefused, match="TIMEOUT"):
                await fetch(fetcher, seconds=0.1, **fields)
            assert len(server.asked) == 1

    asyncio.run(run())
