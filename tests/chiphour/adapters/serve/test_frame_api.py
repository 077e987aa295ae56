"""TEST FRAME_API: what surrounds every page, over a real connection.

Takes   the served market, and the index that stands alone.
Gives   failures.
Keeps   the page from linking what is not served.
Source  Decision 0041.
"""

import httpx
import msgspec

from chiphour.adapters.serve.frame_api import Frame


def frame_at(address: str) -> Frame:
    answer = httpx.get(f"{address}/api/frame")
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=Frame, strict=True)


def test_a_market_tells_its_labels_and_all_its_parts(address):
    """The labels are those of the plain page; the parts are those of the API's description."""
    frame = frame_at(address)
    page = httpx.get(address).text
    assert frame.labels
    assert all(label in page for label in frame.labels)
    described = httpx.get(f"{address}/schema/openapi.json").json()["paths"]
    parts = {path.split("/")[2] for path in described if path.startswith("/api/")}
    assert parts <= set(frame.parts)
    assert "contracts" in frame.parts


def test_an_index_alone_tells_of_no_market(index_address):
    parts = frame_at(index_address).parts
    assert "series" in parts
    assert not {"contracts", "auction", "curve"} & set(parts)
