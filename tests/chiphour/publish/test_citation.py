"""CITATION: a reader finds the very figure that was used.

Takes   a fixing.
Gives   failures.
Keeps   vintage, hash and root of the log in every form.
Source  CSL-JSON 1.0.2; BibTeX.
"""

import json
import re

import pytest

from chiphour.index.fixing import fixing_sha256
from chiphour.publish.citation import FORMATS
from chiphour.publish.citation import Cited
from chiphour.publish.citation import citation
from chiphour.publish.proof import Logged
from records import FIXED

CITED = Cited(FIXED, Logged(2_048, b"{}", "ab" * 32), "https://index.example")
ADDRESS = "https://index.example/series/h100-sxm-od/2026-07-20?as_of=2026-07-20T00:35:00Z"
# Of CSL-JSON's own schema: what an item may hold, and how, as far as ours does.
CSL = {
    "id": str,
    "type": str,
    "title": str,
    "author": list,
    "publisher": str,
    "issued": dict,
    "version": str,
    "URL": str,
    "note": str,
    "language": str,
}


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_names_the_vintage_and_where_it_stands(form):
    text = citation(CITED, form).decode()
    plain = text.replace("\\", "")
    for words in (
        "H100 SXM, on demand: GPU-hour reference price of 20 July 2026, $3.1700",
        "provisional of 2026-07-20T00:35:00Z, v2026_1, set v2026_1",
        fixing_sha256(FIXED),
        "leaf 2048 of the log, root to there " + "ab" * 32,
        ADDRESS,
    ):
        assert words in plain, form
    assert text.endswith("\n")


def test_csl_json_has_fields_of_its_schema_alone():
    (item,) = json.loads(citation(CITED, "csl"))
    assert {name: type(value) for name, value in item.items()} == CSL
    assert item["type"] == "dataset"
    assert item["author"] == [{"literal": "chiphour"}]
    assert item["issued"] == {"date-parts": [[2026, 7, 20]]}
    assert item["URL"] == ADDRESS


def test_bibtex_is_one_entry_with_marks_escaped():
    text = citation(CITED, "bibtex").decode()
    assert text.startswith("@misc{chr-h100-sxm-od-2026-07-20,\n")
    fields = dict(re.findall(r"^  (\w+) = \{(.*)\},?$", text, re.M))
    assert list(fields) == "author title year month publisher version url note".split()
    assert fields["author"] == "{chiphour}"
    assert r"\$3.1700" in fields["title"]
    assert r"v2026\_1" in fields["version"]
    assert fields["url"] == ADDRESS
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")


def test_a_fix_that_is_none_and_a_log_that_is_none_are_said():
    suppressed = FIXED._replace(state="suppressed", fix_ticks=None, reason="STALE")
    text = citation(Cited(suppressed), "text").decode()
    assert "20 July 2026, no fix, provisional" in text
    assert "of the log" not in text
    assert " /series/h100-sxm-od/2026-07-20?as_of=" in text
