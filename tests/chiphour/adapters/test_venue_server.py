"""TEST VENUE SERVER: the simulator as a client meets it, over real connections.

Takes   the server on loopback; httpx, which knows nothing of it.
Gives   claims on its answers, its faults, its orders and its end.
Keeps   a fault from being only simulated: a reset is a reset, a flood is fifty megabytes.
Source  Decision 0015.
"""

import asyncio
import socket
import threading
import time

import httpx
import pytest

from chiphour.adapters.venue_answers import SimulationRefused
from chiphour.adapters.venue_answers import sample_folder
from chiphour.adapters.venue_server import RETRY_AFTER_SECONDS
from chiphour.adapters.venue_server import VenueServer
from chiphour.adapters.venue_server import running
from chiphour.adapters.venue_server import serving
from chiphour.observe.venues import venues
from chiphour.simulate.venue_bodies import FAULTS
from chiphour.simulate.venue_bodies import FLOOD_BYTES

NAME = "gpurentalprices"
PATH = f"/{NAME}/data/latest.json"
SAMPLE = (sample_folder(venues()[NAME]) / "snapshot.json").read_bytes()


@pytest.fixture
def server():
    with running(VenueServer()) as started:
        yield started


@pytest.fixture
def client(server):
    with httpx.Client(base_url=server.base_url, timeout=5) as opened:
        yield opened


def test_a_venue_answers_with_its_sample(client, server):
    answer = client.get(PATH)
    assert (answer.status_code, answer.content) == (200, SAMPLE)
    assert answer.headers["content-type"] == venues()[NAME].VENUE.content_types[0]
    assert client.get(f"/{NAME}/elsewhere").status_code == 404
    assert client.get("/nobody/data").status_code == 404
    assert client.post(PATH, content=b"{}").status_code == 404
    assert server.requests[NAME] == 3


def test_a_tag_that_still_holds_is_304(client):
    tag = client.get(PATH).headers["etag"]
    again = client.get(PATH, headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(PATH, headers={"if-none-match": '"other"'}).status_code == 200
    client.post(f"/fault/{NAME}/price_x100")
    assert client.get(PATH, headers={"if-none-match": tag}).status_code == 200


def test_orders_set_and_clear_a_fault(client, server):
    assert client.post(f"/fault/{NAME}/server_error").is_success
    assert client.get(PATH).status_code == 500
    about = client.get("/").json()
    assert about["venues"][NAME] == {"offers": 18, "requests": 1, "fault": "server_error"}
    assert set(about["venues"]) == set(server.venues)
    assert set(about["faults"]) == set(FAULTS)
    assert client.delete(f"/fault/{NAME}").is_success
    assert client.get(PATH).content == SAMPLE


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("POST", f"/fault/{NAME}/sulk", "expected a fault of"),
        ("POST", "/fault/nobody/hang", "expected a venue of"),
        ("GET", f"/fault/{NAME}", "expected POST or DELETE"),
        ("DELETE", "/", "expected POST or DELETE"),
    ],
)
def test_an_order_that_nobody_understands_is_400(client, method, path, said):
    answer = client.request(method, path)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def taken(address, into, seconds=60):
    """Take an answer's body as it comes, for so long; raises what the client raises."""
    with httpx.stream("GET", address, timeout=2) as answer:
        assert answer.status_code == 200
        until = time.monotonic() + seconds
        for chunk in answer.iter_raw():
            into += chunk
            if time.monotonic() > until:
                return


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("reset", httpx.ReadError), ("cut_off", httpx.RemoteProtocolError)],
)
def test_a_body_that_breaks_off_breaks_off(server, fault, kind):
    """Half of the body comes, and then a reset, or an end before the length that was told.

    A reset takes with it what nobody had read yet.
    """
    server.go_wrong(NAME, fault)
    came = bytearray()
    with pytest.raises(kind):
        taken(server.base_url + PATH, came)
    half = SAMPLE[: len(SAMPLE) // 2]
    assert came == half or (fault == "reset" and half.startswith(came))


def test_a_limit_is_told_or_not(client, server):
    server.go_wrong(NAME, "rate_limited")
    answer = client.get(PATH)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, str(RETRY_AFTER_SECONDS))
    server.go_wrong(NAME, "rate_limited_silent")
    answer = client.get(PATH)
    assert answer.status_code == 429
    assert "retry-after" not in answer.headers


def test_a_page_of_html_is_called_that(client, server):
    server.go_wrong(NAME, "not_json")
    assert client.get(PATH).headers["content-type"] == "text/html"


def test_a_flood_is_fifty_megabytes_without_a_length(client, server):
    server.go_wrong(NAME, "flood")
    with client.stream("GET", PATH) as answer:
        assert "content-length" not in answer.headers
        assert sum(map(len, answer.iter_raw())) == FLOOD_BYTES


def test_what_hangs_says_nothing_until_the_client_has_left(server):
    server.go_wrong(NAME, "hang")
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(server.base_url + PATH, timeout=0.2)
    assert eventually(lambda: not server._conversations)


def test_what_dribbles_says_little_and_the_client_may_leave(server):
    server.go_wrong(NAME, "slow")
    came = bytearray()
    taken(server.base_url + PATH, came, seconds=0.2)
    assert 1 <= len(came) <= 20
    assert SAMPLE.startswith(came)
    assert eventually(lambda: not server._conversations)


def eventually(holds):
    until = time.monotonic() + 5
    while not holds() and time.monotonic() < until:
        time.sleep(0.01)
    return holds()


def test_what_is_no_http_is_hung_up_on(server):
    host, _, port = server.base_url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as plain:
        plain.sendall(b"hello\r\n\r\n")
        assert plain.recv(100) == b""
    assert httpx.get(server.base_url + PATH).content == SAMPLE


def test_offers_are_spread_over_the_venues_that_can_have_more():
    plain, more = VenueServer(), VenueServer(offers=4_000)
    many = [name for name, venue in more.venues.items() if venue.is_scalable()]
    made = sum(more.venues[name].offers() for name in many)
    room = sum(venue.offers() for venue in plain.venues.values())
    assert 4_000 - 50 * len(many) <= made <= 4_000 + room
    others = set(more.venues) - set(many)
    assert all(more.venues[n].answers() == plain.venues[n].answers() for n in others)
    again, another = VenueServer(offers=4_000), VenueServer(offers=4_000, seed="2")
    assert all(more.venues[n].answers() == again.venues[n].answers() for n in many)
    assert any(more.venues[n].answers() != another.venues[n].answers() for n in many)


def test_the_end_of_the_context_ends_the_thread_and_frees_the_port():
    before = threading.active_count()
    with serving(faults={NAME: "hang"}, only=[NAME]) as base_url:
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(base_url + PATH, timeout=0.1)
        with socket.create_connection(("127.0.0.1", int(base_url.rpartition(":")[2]))):
            pass
    assert threading.active_count() == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(base_url + PATH, timeout=1)


def test_a_port_in_use_is_refused(server):
    port = int(server.base_url.rpartition(":")[2])
    second = running(VenueServer(only=[NAME], port=port))
    with pytest.raises(SimulationRefused, match=f"{port}: .*in use"):
        second.__enter__()


@pytest.mark.parametrize("options", [{"only": ["nobody"]}, {"faults": {"nobody": "hang"}}])
def test_a_venue_that_nobody_knows_is_refused(options):
    with pytest.raises(SimulationRefused, match=r"expected a venue of .*, found 'nobody'"):
        VenueServer(**options)


def test_it_runs_in_a_loop_that_is_there_already():
    async def ask():
        async with VenueServer(only=[NAME]) as server, httpx.AsyncClient() as client:
            found = await asyncio.gather(*(client.get(server.base_url + PATH) for _ in range(20)))
            return [answer.content for answer in found], server.requests[NAME]

    assert asyncio.run(ask()) == ([SAMPLE] * 20, 20)
