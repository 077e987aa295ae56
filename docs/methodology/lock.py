"""LOCK: writes lock.json: what parameters, register and calculation code are now.

Takes   the program.
Gives   docs/methodology/lock.json.
Keeps   a change of any of them deliberate: tests/test_lock.py fails until this was run, and whoever
        runs it adds a line to changelog.d and, for a rule or number, a decision.
Source  Decision 0016. Run: `.venv/bin/python docs/methodology/lock.py`
"""

import json
from pathlib import Path

from chiphour.adapters.lock import calculation

PLACE = Path(__file__).resolve().parent / "lock.json"


def main() -> None:
    """Write the lock."""
    PLACE.write_text(json.dumps(calculation(), indent=2) + "\n")
    print(f"wrote {PLACE.name}")


if __name__ == "__main__":
    main()
