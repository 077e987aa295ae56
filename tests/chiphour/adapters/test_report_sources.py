"""REPORT_SOURCES: what the operator names is read whole or refused with what is wrong.

Takes   TOML files.
Gives   a failure where a source is read wrongly or a fault is not named.
Keeps   the default without any source.
Source  Decision 0043.
"""

import httpx
import pytest

from chiphour.adapters.report_sources import Source
from chiphour.adapters.report_sources import SourcesRefused
from chiphour.adapters.report_sources import host_of
from chiphour.adapters.report_sources import sources_in
from chiphour.adapters.report_sources import url_from

GOOD = """
words = ["H100"]
[[feed]]
name = "acme"
url = "https://news.example:8443/feed.xml"
hosts = ["www.news.example"]
[[search]]
name = "ours"
url = "https://search.example/api?q=H100"
results = "web.results"
link = "href"
secret = "KEY"
secret_as = "header X-Token"
"""


def test_a_file_is_read(tmp_path):
    path = tmp_path / "sources.toml"
    path.write_text(GOOD)
    found = sources_in(path)
    assert found.words == ("H100",)
    feed, search = found.sources
    assert feed == Source(
        "acme",
        "https://news.example:8443/feed.xml",
        frozenset({"www.news.example", "news.example:8443"}),
    )
    assert (search.results, search.link, search.title) == ("web.results", "href", "title")
    assert search.hosts == {"search.example"}


def test_no_file_is_no_source(tmp_path):
    found = sources_in(tmp_path / "none.toml")
    assert found.sources == ()
    assert "GPU" in found.words


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[[feed]]\nname = 'a'", "feed 1: expected a url, found none"),
        ("[[feed]]\nurl = 'https://a.example'", "feed 1: expected a name, found none"),
        ("[[search]]\nname = 'a'\nurl = 'https://a.example'", "search 1: expected a results"),
        ("[[feed]]\nname='a'\nurl='ftp://a.example/'", "expected https://HOST/PATH"),
        ("[[feed]]\nname='a'\nurl='https://u:p@a.example/'", "expected https://HOST/PATH"),
        ("[[feed]]\nname='a'\nurl='https://a.example/'\nresults='x'", "found 'results'"),
        ("[[feed]]\nname='a'\nurl='https://a.example/'\nurls='x'", "found 'urls'"),
        ("[[feed]]\nname='a'\nurl='https://a.example/'\nhosts='x'", "expected a list"),
        ("[[feed]]\nname='a'\nurl='https://a.example/'\nhosts=[1]", "expected texts"),
        ("[[feed]]\nname=1\nurl='https://a.example/'", "name: expected text, found 1"),
        (
            "[[feed]]\nname='a'\nurl='https://a.example/'\nsecret_as='cookie'",
            "expected bearer, header NAME or query NAME, found 'cookie'",
        ),
        ("feed = 1", "expected tables [[feed]]"),
        ("more = 1", "expected feed, search or words, found 'more'"),
        ("feed = [", "expected TOML"),
        ("[[feed]]\nname='a'\nurl='https://a.example/'\n" * 21, "at most 20 sources, found 21"),
        ("#" * 70_000, "at most 65536 bytes"),
    ],
)
def test_a_fault_is_named(tmp_path, text, named):
    path = tmp_path / "sources.toml"
    path.write_text(text)
    with pytest.raises(SourcesRefused) as refused:
        sources_in(path)
    assert named in str(refused.value)
    assert str(refused.value).startswith(f"{path}: ")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(SourcesRefused, match="expected sources, found Is a directory"):
        sources_in(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "//a.example",
        "file:///etc/x",
        "https://",
        "https://a.example/\n",
        "https://" + "a" * 2_000,
    ],
)
def test_what_cannot_be_asked_is_no_address(text):
    assert url_from(text) is None


def test_a_host_has_its_port_where_it_is_not_the_usual_one():
    assert host_of(httpx.URL("https://a.example:443/x")) == "a.example"
    assert host_of(httpx.URL("http://127.0.0.1:8080/")) == "127.0.0.1:8080"
