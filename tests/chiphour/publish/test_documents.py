"""DOCUMENTS: methodology and changelog as records.

Takes   the program's own methodology; a small changelog.
Gives   failures.
Keeps   the numbers of the text those in force.
Source  Decisions 0016 and 0041.
"""

from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import parameters_sha256
from chiphour.publish.columns import object_of
from chiphour.publish.documents import CHANGELOG
from chiphour.publish.documents import METHODOLOGY
from chiphour.publish.documents import methodology_sections
from chiphour.publish.documents import releases_of

GATHERED = """# Changelog

What a user would notice.

## 0.2.0 (2026-12-01)

The second.

### Prices

- A thing.

## 0.1.0

The first.
"""


def test_the_methodology_is_that_of_the_program():
    found = object_of(METHODOLOGY, methodology_sections())
    assert found["methodology"] == V2026_1.methodology
    assert {"name": "v2026_1", "sha256": parameters_sha256(V2026_1)} in found["sets"]
    titles = [section["title"] for section in found["sections"]]
    assert titles[0] == f"Methodology {V2026_1.methodology}"
    assert {"Window", "Eligibility", "Screen", "Vintages"} <= set(titles)
    assert len({section["id"] for section in found["sections"]}) == len(titles)


def test_releases_come_with_their_entries_and_what_waits_first():
    found = object_of(CHANGELOG, releases_of(GATHERED, {"fix_trading": "FIX.", "b": "B `c`."}))
    assert [(r["version"], r["date"]) for r in found["releases"]] == [
        *(("next", ""), ("0.2.0", "2026-12-01"), ("0.1.0", "")),
    ]
    waiting, second, first = (release["entries"] for release in found["releases"])
    assert [entry["title"] for entry in waiting] == ["b", "fix trading"]
    assert [entry["title"] for entry in second] == ["", "Prices"]
    assert first[0]["blocks"][0]["spans"][0]["text"] == "The first."


def test_where_nothing_waits_the_last_release_is_first():
    assert [release.version for release in releases_of(GATHERED, {})] == ["0.2.0", "0.1.0"]
    assert releases_of("", {}) == []
