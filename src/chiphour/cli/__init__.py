"""CLI: the command `chiphour`. Each file of this folder adds its own commands.

Takes   the words on the command line.
Gives   exit code 0; or 1 (the world or a member is at fault) or 2 (wrong words, or `python -O`),
        with one line on standard error that says what was expected, what was found and where.
Keeps   the list of commands in one place: this folder. NUMBA_CACHE_DIR named by the kernel's
        sources, before numba is imported, however the command was started.
Source  Decisions 0001 and 0009.
"""

import importlib
import os
import pkgutil
import sys
from pathlib import Path

import typer

from chiphour.observe.observation import MarketError

STARTS_ALONE = {"check": "checkout", "test": "checkout", "rent-or-buy": "rent_or_buy"}
TOGETHER = {"auction": ("auction", "auction_door")}  # Groups that more than one file fills.


def build(word: str = "") -> typer.Typer:
    """Build the command from every file of this folder that has an `add_to(app)`.

    When the first word of the command line is the name of a file, that file alone is loaded: a
    command does not wait for what it does not use, and `check` runs where the rest is broken.
    """
    app = typer.Typer(
        help="An open market for compute: observe, fix, trade, clear, settle, publish.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)  # Keeps sub-commands even where only one file adds one.
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    named = STARTS_ALONE.get(word, word)
    for name in TOGETHER.get(named, (named,)) if named in names else names:
        loaded = importlib.import_module(f"{__name__}.{name}")
        if hasattr(loaded, "add_to"):
            loaded.add_to(app)
    return app


def name_kernel_cache() -> None:
    """Give numba a folder that no other sources share, unless one is named already.

    An index that stands alone, without an exchange, has no kernel to compile.
    """
    try:
        from chiphour.exchange.cache import kernel_cache
    except ModuleNotFoundError as fault:
        if fault.name != "chiphour.exchange":
            raise
        return
    prefix = Path(sys.prefix)
    home = prefix if os.access(prefix, os.W_OK) else Path.home() / ".cache" / "chiphour"
    os.environ.setdefault("NUMBA_CACHE_DIR", str(kernel_cache(home / "kernels")))


def main() -> None:
    """Run the command; a fault of the world becomes one line and exit code 1."""
    if not __debug__:
        sys.exit("chiphour: expected assertions to be on, found python -O: start without it")
    name_kernel_cache()
    try:
        build(*sys.argv[1:2])()
    except MarketError as fault:
        print(f"chiphour: {fault}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
