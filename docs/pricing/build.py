"""BUILD: the paper on pricing, from the program and the shipped recordings.

Takes   text.md, whose marks stand for numbers and tables; the world.
Gives   README.md and figures/; `--check` writes nothing and exits 1 if one of them differs;
        `--data DIR` keeps the fixings there, for the next time.
Keeps   text and program in step: a mark that nobody gives, or a number that nobody asks for, stops.
Source  Run: `.venv/bin/python docs/pricing/build.py`; tests/test_pricing_paper.py runs the same.
"""

import argparse
import re
import sys
from pathlib import Path

from figures import drawn
from words import words_of
from world import world

FOLDER = Path(__file__).resolve().parent
PAPER = "README.md"
NOTE = "<!-- Written by docs/pricing/build.py from text.md: change that, then run it. -->"
MARK = re.compile(r"\{\{(\w+)\}\}")
LENGTH = re.compile(r"-?\d+\.\d{1,6}\b")
UNSEEN_PT = 1e-4


def filled(text: str, words: dict[str, str]) -> str:
    """Put words in place of marks; raises ValueError for a mark or a word that has no fellow."""
    marks = set(MARK.findall(text))
    if marks != words.keys():
        missing, idle = sorted(marks - words.keys()), sorted(words.keys() - marks)
        raise ValueError(f"expected a word for each mark, found none for {missing}; idle: {idle}")
    title, _, rest = text.partition("\n")
    return f"{title}\n\n{NOTE}\n{MARK.sub(lambda mark: words[mark[1]], rest)}"


def built(data: Path | None = None) -> dict[str, bytes]:
    """Give the bytes of each file of the paper by its path under this folder."""
    found = world(data)
    text = (FOLDER / "text.md").read_text()
    paper = {PAPER: filled(text, words_of(found)).encode()}
    return paper | {f"figures/{name}": content for name, content in drawn(found).items()}


def differing(files: dict[str, bytes]) -> list[str]:
    """List the files that lie here and are not as built, and those that are too many."""
    there = {path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("figures/*.svg")}
    stale = [name for name in files if not (FOLDER / name).is_file()]
    stale += [
        name
        for name, content in files.items()
        if name not in stale and not is_same(name, (FOLDER / name).read_bytes(), content)
    ]
    return sorted({*stale, *(there - files.keys())})


def is_same(name: str, one: bytes, other: bytes) -> bool:
    """Tell whether two files are the same; in a figure, but for lengths that nobody sees differ.

    Where a line is laid differs in its last digit from one processor to another.
    """
    if not name.endswith(".svg"):
        return one == other
    (words, lengths), (others, found) = (split(each.decode()) for each in (one, other))
    return words == others and all(
        abs(float(length) - float(own)) <= UNSEEN_PT
        for length, own in zip(lengths, found, strict=True)
    )


def split(text: str) -> tuple[list[str], list[str]]:
    """Give the words between numbers of one to six decimals, and these."""
    return LENGTH.split(text), LENGTH.findall(text)


def main() -> None:
    """Write the paper, or compare it."""
    parser = argparse.ArgumentParser(description="Build the paper on pricing.")
    parser.add_argument("--check", action="store_true", help="Write nothing; exit 1 if stale.")
    parser.add_argument("--data", type=Path, help="Folder in which the fixings are kept.")
    words = parser.parse_args()
    files = built(words.data)
    stale = differing(files)
    if words.check:
        sys.exit(f"stale: {', '.join(stale)}" if stale else 0)
    (FOLDER / "figures").mkdir(exist_ok=True)
    for name, content in files.items():
        (FOLDER / name).write_bytes(content)
    print(f"{len(files)} files, {len(stale)} of them new")


if __name__ == "__main__":
    main()
