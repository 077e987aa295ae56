"""PAGED: a page as the build leaves it, small: what the tests of serving it take.

Takes   a folder.
Gives   `built`, which fills it; what stands in its files.
Keeps   the form of what `web/` builds: a shell, files with hashed names, the table of addresses.
Source  Decision 0041.
"""

import json
from pathlib import Path

SHELL = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>chiphour</title>
    <meta name="description" content="of the build" />
    <script type="module" crossorigin src="/assets/app-a1.js"></script>
    <link rel="stylesheet" crossorigin href="/assets/app-b2.css" />
  </head>
  <body class="quiet">
    <div id="app"></div>
    <noscript><p>of the build</p></noscript>
  </body>
</html>
"""
SCRIPT = "export const words = ['quiet', 'dense', 'exact', 'fast'];\n" * 200
STYLE = "body { color: black; }\n" * 200
FONT = bytes(range(256)) * 8


def row(page: str, paths: list[str], plain: bool, **more: bool) -> dict[str, object]:
    """Give a row of the table."""
    about = {"title": f"The {page}", "description": f"What the {page} tells."}
    return {"page": page, "paths": paths, **about, "plain": plain, **more}


ROUTES = [
    row("release", ["/", "/release/{day}"], True),
    row("series", ["/series/{slug}", "/series/{slug}/{day}"], True),
    row("terminal", ["/trade/{contract}"], False, market=True),
    row("report", ["/report", "/report/{date}"], False),
    row("auction", ["/auction/{run}"], False, market=True),
    row("prices", ["/prices"], False),
]


def built(folder: Path) -> Path:
    """Fill a folder as the build does."""
    files = {
        "index.html": SHELL.encode(),
        "routes.json": json.dumps(ROUTES).encode(),
        "assets/app-a1.js": SCRIPT.encode(),
        "assets/app-b2.css": STYLE.encode(),
        "assets/fonts/figures-c3.woff2": FONT,
        ".built": b"0" * 64,
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def unbuilt(folder: Path) -> Path:
    """Fill a folder as a build without a network does: the table alone."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "routes.json").write_text(json.dumps(ROUTES))
    return folder
