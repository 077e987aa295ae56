"""TEST TRAPS: what looks like a price of one thing and is that of another, planted in the samples.

Takes   a row of a sample, changed into what a source is known to say.
Gives   claims: the trap comes out under its own name, flagged, or refused.
Keeps   what samples that were really sent cannot hold tested all the same. Each trap is one that a
        source has set: the wire facts, the quirks of the recordings, or the sources' own pages.
Source  Decision 0015.
"""

import json

import pytest

from chiphour.observe.observation import RateMissing
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.venues import venues
from samples import observations
from samples import samples


def of_shape(venue, shape):
    return next(sample for sample in samples(venue) if sample.shape == shape)


def read_rows(venue, shape, rows):
    """Read a sample whose list of offers, wherever it lies, is these rows."""
    sample = of_shape(venue, shape)
    page = json.loads(sample.content)
    *inside, last = sample.wire["rows"].split("/")
    holder = page
    for key in inside:
        holder = holder[key]
    if last:
        holder[last] = rows
    return observations(sample, json.dumps(page if last else rows).encode())


def first_row(venue, shape):
    """Give a fresh copy of the first row with a price, or of an entry of a map."""
    sample = of_shape(venue, shape)
    found = json.loads(sample.content)
    for key in filter(None, sample.wire["rows"].split("/")):
        found = next(iter(found.values())) if key == "*" else found[key]
    rows = list(found.values()) if isinstance(found, dict) else found
    return next(row for row in rows if is_of_gpus(row))


def is_of_gpus(row):
    return "slug" not in row or "gpu_info" in row


def card(seen):
    return (seen.chip, seen.form, seen.memory_gb)


def one(venue, shape, **changed):
    """Read the first row with some fields changed; a dict changes fields inside."""
    row = first_row(venue, shape)
    for name, value in changed.items():
        if isinstance(value, dict) and isinstance(row[name], dict):
            row[name] |= value
        else:
            row[name] = value
    return read_rows(venue, shape, [row])


# One chip under the name of another.


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("GH200 (96 GB)", ("GH200", "", 96)),
        ("H100 (80 GB PCIe)", ("H100", "PCIE", 80)),
        ("A100 (40 GB SXM4)", ("A100-40", "SXM", 40)),
        ("H100T (80 GB SXM5)", ("", "UNKNOWN", 0)),
    ],
)
def test_lambda_sells_what_its_description_says(said, meant):
    row = first_row("lambda", "instance-types")
    row["instance_type"]["gpu_description"] = said
    seen = read_rows("lambda", "instance-types", {"gpu_8x_h200": row})
    assert {card(each) for each in seen} == {meant}


@pytest.mark.parametrize(
    ("link", "memory_gb", "meant"),
    [
        ("pcie", 80, ("H100", "PCIE", 80)),
        ("nvl", 94, ("H100", "NVL", 94)),
        ("sxm5", 80, ("H100", "SXM", 80)),
        ("", 80, ("H100", "UNKNOWN", 80)),
        ("token-ring", 80, ("", "UNKNOWN", 0)),
    ],
)
def test_the_form_at_shadeform_is_that_of_its_link(link, memory_gb, meant):
    told = {"gpu_type": "H100", "interconnect": link, "vram_per_gpu_in_gb": memory_gb}
    assert {card(each) for each in one("shadeform", "types", configuration=told)} == {meant}


@pytest.mark.parametrize(
    ("mib", "chip"), [(39_936, "A100-40"), (40_960, "A100-40"), (81_920, "A100")]
)
def test_an_a100_at_vast_is_told_by_its_memory(mib, chip):
    seen = one("vast", "bundles", gpu_name="A100 SXM4", gpu_ram=mib)
    assert {each.chip for each in seen} == {chip}
    assert all("MEMORY_MISMATCH" not in each.flags for each in seen)


@pytest.mark.parametrize(
    ("kind", "gpu", "form"),
    [
        ("H100-SXM-2-80G", "H100", "SXM"),
        ("H100-1-80G", "H100", "PCIE"),
        ("H100-1-80G", "H100-PCIe", "PCIE"),
        ("NEXT-1", "H100", "UNKNOWN"),
    ],
)
def test_a_bare_h100_at_scaleway_has_the_form_of_its_type(kind, gpu, form):
    row = first_row("scaleway", "servers-fr-par-2")
    row["gpu_info"]["gpu_name"] = gpu
    (seen,) = read_rows("scaleway", "servers-fr-par-2", {kind: row})
    assert (seen.chip, seen.form) == ("H100", form)


@pytest.mark.parametrize("sku", ["Standard_NC40ads_H100_v5", "Standard_NC80adis_H100_v5"])
def test_the_h100_of_azures_nc_series_is_no_sxm(sku):
    (seen,) = one("azure", "retail-prices", armSkuName=sku)
    assert card(seen) == ("H100", "NVL", 94)


def test_oracles_h100t_is_no_h100_wherever_it_is_filed():
    told = {"metricName": "GPU Per Hour", "serviceCategory": "Compute - GPU"}
    (seen,) = one("oci", "products", displayName="OCI - Compute - GPU - H100T", **told)
    assert seen.chip == ""
    assert "CHIP_UNKNOWN" in seen.flags


# A part of a GPU, or all GPUs, under the price of one.


@pytest.mark.parametrize(
    ("sku", "name", "memory_gb", "is_slice"),
    [
        ("vcg-a100-6c-60g-40vram", "NVIDIA_A100", 40, True),
        ("vcg-a40-12c-60g-24vram", "NVIDIA_A40", 24, True),
        ("vcg-a16-2c-8g-2vram", "NVIDIA_A16", 2, True),
        ("vcg-a40-24c-120g-48vram", "NVIDIA_A40", 48, False),
    ],
)
def test_a_part_of_a_gpu_at_vultr_is_another_product(sku, name, memory_gb, is_slice):
    row = first_row("vultr", "plans") | {"id": sku, "gpu_type": name, "gpu_vram_gb": memory_gb}
    row.pop("gpu_count", None)
    seen = read_rows("vultr", "plans", [row])
    assert seen
    assert all(("OTHER_PRODUCT" in each.flags) is is_slice for each in seen)
    assert {each.gpus for each in seen if each.kind == "list"} == {1}


@pytest.mark.parametrize("sku", ["Standard_NV6ads_A10_v5", "Standard_NV18ads_A10_v5"])
def test_a_part_of_a_gpu_at_azure_is_another_product(sku):
    (seen,) = one("azure", "retail-prices", armSkuName=sku)
    assert "OTHER_PRODUCT" in seen.flags


def test_a_part_of_a_gpu_at_amazon_is_another_product():
    (seen,) = a_machine(**{"Instance Type": "g6f.xlarge"})
    assert seen.tenor == "OTHER"
    assert "OTHER_PRODUCT" in seen.flags


def test_the_memory_of_all_gpus_is_not_that_of_one():
    told = {"count": 8, "vram": {"amount": 1128, "unit": "gib"}, "model": "nvidia_h200"}
    seen = one("digitalocean", "sizes", gpu_info=told)
    assert {card(each) for each in seen} == {("H200", "SXM", 141)}
    for gpus, total_gb, flagged in ((8, 640, False), (8, 80, True)):
        seen = one(
            "verda",
            "instance-types",
            gpu={"number_of_gpus": gpus},
            gpu_memory={"size_in_gigabytes": total_gb},
        )
        assert all(each.gpus == gpus for each in seen)
        assert all(("MEMORY_MISMATCH" in each.flags) is flagged for each in seen)


def test_slices_of_one_machine_share_its_key_and_are_not_the_same_offer():
    whole, half = first_row("vast", "bundles"), first_row("vast", "bundles")
    half["id"] = 7
    half["num_gpus"] = 2
    seen = read_rows("vast", "bundles", [whole, half])
    assert len({each.machine_key for each in seen}) == 1
    assert not any("REPEATED" in each.flags for each in seen)


# A price that nobody pays by the hour, or that not everybody may.


@pytest.mark.parametrize("end", ["-contracted", "-fabric-contracted"])
def test_a_contracted_size_at_digitalocean_is_no_hour_on_demand(end):
    seen = one("digitalocean", "sizes", slug=f"gpu-mi300x8-1536gb{end}")
    assert {each.kind for each in seen} == {"list", "stock"}
    assert {each.tenor for each in seen} == {"OTHER"}


def test_prices_for_governments_are_other_products():
    for region in ("usgovvirginia", "usdodcentral"):
        (seen,) = one("azure", "retail-prices", armRegionName=region)
        assert "OTHER_PRODUCT" in seen.flags
    (seen,) = a_machine(Location="AWS GovCloud (US-West)")
    assert "OTHER_PRODUCT" in seen.flags
    (seen,) = a_machine()
    assert "OTHER_PRODUCT" not in seen.flags


def a_machine(**changed):
    """Read the price of one machine of Amazon's document."""
    sample = of_shape("aws", "ec2-calc")
    page = json.loads(sample.content)
    page["regions"] = {"a region": {"a machine": first_row("aws", "ec2-calc") | changed}}
    return observations(sample, json.dumps(page).encode())


def test_windows_gives_no_row():
    assert a_machine(**{"Operating System": "Windows"}) == []
    product = first_row("azure", "retail-prices")["productName"]
    assert one("azure", "retail-prices", productName=f"{product} Windows") == []


def test_a_reservation_at_azure_is_priced_by_its_hours():
    for term, hours, tenor in (("1 Year", 8_760, "R1Y"), ("3 Years", 26_280, "R3Y")):
        told = {"type": "Reservation", "reservationTerm": term, "retailPrice": 60 * hours}
        (seen,) = read_rows("azure", "retail-prices", [first_row("azure", "retail-prices") | told])
        assert (seen.tenor, seen.price_nanousd, seen.gpus) == (tenor, 60_000_000_000, 8)


@pytest.mark.parametrize(("secure", "community"), [(True, False), (False, True), (False, False)])
def test_runpods_half_dollar_is_no_price_of_a_cloud_that_does_not_sell(secure, community):
    lowest = {"minimumBidPrice": None, "uninterruptablePrice": None, "stockStatus": None}
    prices = {"securePrice": 3.5 if secure else 0.5, "communityPrice": 2.5 if community else 0.5}
    seen = one(
        "runpod",
        "gpu-types",
        secureCloud=secure,
        communityCloud=community,
        lowestPrice=lowest,
        **prices,
    )
    found = {(each.tenor, each.price_nanousd) for each in seen if each.kind == "list"}
    sold = {("OD", 3_500_000_000)} if secure else set()
    assert found == (sold | {("SPOT", 2_500_000_000)} if community else sold)


def test_the_least_bid_for_a_pod_of_unknown_size_is_no_price():
    seen = one("runpod", "gpu-types-of-pods", lowestPrice={"minimumBidPrice": 11.12})
    assert all(each.tenor != "INT" for each in seen)


def test_a_least_bid_is_a_bid_floor_whoever_repeats_it():
    for venue, shape in (("vast", "bundles"), ("eucri", "vast_ai"), ("gpuhunt", "items")):
        seen = [each for each in observations(of_shape(venue, shape)) if each.venue == "vast"]
        bids = [each for each in seen if each.tenor == "INT"]
        assert bids, venue
        assert all(each.kind == "bid_floor" and "BID_FLOOR" in each.flags for each in bids)


# Another unit, another money.


def test_dollars_for_cents_at_hyperbolic_are_refused():
    for amount in (2, 2.09):
        price = {"price": {"amount": amount, "period": "hourly", "agent": "platform"}}
        with pytest.raises(UnexpectedData):
            one("hyperbolic", "marketplace", pricing=price)


def test_a_money_without_a_rate_is_refused():
    with pytest.raises(RateMissing):
        one("verda", "instance-types", currency="cad")
    sample = of_shape("jarvislabs", "server-meta")
    page = json.loads(sample.content) | {"currency": "INR"}
    with pytest.raises(RateMissing):
        observations(sample, json.dumps(page).encode())


def test_rupees_that_are_not_said_are_out_of_bounds():
    seen = one("jarvislabs", "server-meta", price_per_hour=242.0, spot_price=None)
    (price,) = [each for each in seen if each.kind == "list"]
    assert "OUT_OF_BOUNDS" in price.flags


def test_a_gpu_at_tensordock_comes_with_its_bundle_or_says_that_it_does_not():
    row = first_row("tensordock", "locations")
    row["gpus"] = row["gpus"][:1]
    units = row["gpus"][0]["pricing"] | {"per_vcpu_hr": 0.01, "per_gb_ram_hr": 0.002}
    row["gpus"][0] |= {"price_per_hr": 2.0, "pricing": units}
    price, _ = read_rows("tensordock", "locations", [row])
    assert price.price_nanousd == 2_000_000_000 + 16 * 10_000_000 + 128 * 2_000_000
    row["gpus"][0] |= {"pricing": units | {"per_vcpu_hr": 0}}
    price, _ = read_rows("tensordock", "locations", [row])
    assert price.price_nanousd == 2_000_000_000
    assert "PARTIAL_PRICE" in price.flags


# A book cut short.


def test_a_book_cut_at_the_limit_asked_for_is_refused(monkeypatch):
    asked = json.loads(next(iter(venues()["vast"].requests())).body)
    assert asked["limit"] == venues()["vast"].OFFERS_MAX > 64
    assert asked["disable_bundling"] is True
    offers = json.loads(of_shape("vast", "bundles").content)["offers"]
    monkeypatch.setattr(venues()["vast"], "OFFERS_MAX", len(offers))
    with pytest.raises(UnexpectedData, match="expected fewer"):
        read_rows("vast", "bundles", offers)


def test_a_book_of_one_object_is_refused():
    with pytest.raises(UnexpectedData):
        read_rows("vast", "bundles", first_row("vast", "bundles"))
