"""CHANGES: the changelog is found where a wheel or a checkout has it.

Takes   folders.
Gives   failures.
Keeps   an installation without one without one.
Source  Decision 0041.
"""

from chiphour.adapters.changes import releases


def test_the_checkout_has_its_changelog():
    assert releases()[0].version == "next"
    assert "gateway" in {entry.id for entry in releases()[0].entries}


def test_a_wheel_has_it_beside_its_modules(tmp_path):
    absent, place = tmp_path / "absent", tmp_path / "changes"
    (place / "changelog.d").mkdir(parents=True)
    (place / "CHANGELOG.md").write_text("## 1.0.0\n\nAll of it.\n")
    (place / "changelog.d" / "one.md").write_text("One.")
    assert [r.version for r in releases((absent, place))] == ["next", "1.0.0"]
    assert releases((absent,)) == ()
