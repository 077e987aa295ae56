"""TEST GPUHUNT_SOURCE: the real package reads files of its own form, and the reader reads it.

Takes   gpuhunt, and a catalogue in a folder: it never asks the network here.
Gives   claims on the lines, and on what the reader makes of them.
Keeps   the price as it was written.
Source  `adapters/gpuhunt_source.py`.
"""

import importlib
import json
import zipfile

import pytest

from chiphour.adapters.gpuhunt_source import CatalogueRefused
from chiphour.adapters.gpuhunt_source import catalogue_lines
from chiphour.observe.venue import body_of
from chiphour.observe.venues import venues
from chiphour.units import nanousd_from_text

COLUMNS = (
    "instance_name,location,price,cpu,memory,gpu_count,gpu_name,gpu_memory,spot,disk_size,"
    "gpu_vendor,flags,cpu_arch,provider_data\n"
)
CATALOGUES = {
    "lambdalabs": "gpu_8x_h100_sxm5,us-east-1,25.2,208,1800,8,H100,80,False,22528,nvidia,,,\n",
    "runpod": (
        "AMD Instinct MI300X OAM,EU-RO-1,2.19,24,283,1,MI300X,192,False,,amd,,,\n"
        "NVIDIA L4,EU-RO-1,0.1,12,50,1,L4,24,True,,nvidia,runpod-cluster,,\n"
        "cpu3c-2-4,EU-RO-1,0.00006,2,4,0,,,False,,,,,\n"
    ),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    pytest.importorskip("gpuhunt")
    for provider, rows in CATALOGUES.items():
        (tmp_path / f"{provider}.csv").write_text(COLUMNS + rows)
    monkeypatch.setenv("GPUHUNT_CATALOG_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.extra
def test_the_catalogue_comes_as_lines_with_every_price_as_it_was_written(folder):
    lines = catalogue_lines(list(CATALOGUES)).splitlines()
    prices = {json.loads(line)["instance_name"]: json.loads(line)["price"] for line in lines}
    assert prices == {
        "gpu_8x_h100_sxm5": "25.2",
        "AMD Instinct MI300X OAM": "2.19",
        "NVIDIA L4": "0.1",
        "cpu3c-2-4": "0.00006",
    }
    assert lines == sorted(lines)


@pytest.mark.extra
def test_what_the_reader_makes_of_it_is_prices_for_comparison(folder):
    body = body_of(catalogue_lines(list(CATALOGUES)), "items", 1, 1)
    found = {(seen.venue, seen.chip): seen for seen in venues()["gpuhunt"].read(body)}
    facts = {
        key: (seen.form, seen.tenor, seen.price_nanousd, seen.gpus) for key, seen in found.items()
    }
    assert facts == {
        ("lambda", "H100"): ("UNKNOWN", "OD", nanousd_from_text("25.2"), 8),
        ("runpod", "MI300X"): ("", "OD", nanousd_from_text("2.19"), 1),
        ("runpod", "L4"): ("", "INT", nanousd_from_text("0.1"), 1),
    }
    assert all("COMPARISON" in seen.flags for seen in found.values())


@pytest.mark.extra
def test_a_query_narrows_it_and_gives_the_same_bytes_again(folder):
    lines = catalogue_lines(["runpod"], gpu_name="MI300X")
    assert [json.loads(line)["gpu_vendor"] for line in lines.splitlines()] == ["amd"]
    assert lines == catalogue_lines(["runpod"], gpu_name="MI300X")


@pytest.mark.extra
@pytest.mark.parametrize("provider", ["nobody", "gcp"])
def test_a_provider_that_is_unknown_or_has_no_file_is_refused(folder, provider):
    with pytest.raises(CatalogueRefused, match="expected an answer"):
        catalogue_lines([provider])


@pytest.mark.extra
def test_a_published_catalogue_that_did_not_come_is_refused_not_passed_over(folder, monkeypatch):
    published = folder / "published" / "lambdalabs"
    (published / "1").mkdir(parents=True)
    (published / "version").write_text("1\n")
    with zipfile.ZipFile(published / "1" / "catalog.zip", "w") as packed:
        packed.write(folder / "lambdalabs.csv", "lambdalabs.csv")
    monkeypatch.delenv("GPUHUNT_CATALOG_DIR")
    monkeypatch.setenv("GPUHUNT_CATALOG_URL", published.parent.as_uri())
    assert len(catalogue_lines(["lambdalabs"]).splitlines()) == 1
    with pytest.raises(CatalogueRefused, match="a catalogue of runpod"):
        catalogue_lines(["lambdalabs", "runpod"])


def test_without_the_package_it_says_so(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(CatalogueRefused, match="expected the package gpuhunt"):
        catalogue_lines(["aws"])
