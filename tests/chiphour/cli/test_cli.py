"""CLI: the door of the command line: its list of commands, its faults, its cache.

Takes   the installed command, started as a user starts it.
Gives   exit codes, and what stands on standard error.
Keeps   every start in a process of its own.
Source  Decisions 0001 and 0009.
"""

import os
import subprocess
import sys
from pathlib import Path

import typer

from chiphour import cli
from chiphour.exchange.cache import kernel_cache


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run this Python in a fresh environment without NUMBA_CACHE_DIR."""
    clean = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    return subprocess.run(
        [sys.executable, *words], env=clean | environment, capture_output=True, text=True
    )


MAIN = "from chiphour.cli import main; main()"


def test_the_folder_is_the_list_of_commands():
    group = typer.main.get_command(cli.build())
    assert {"check", "test", "bench"} <= set(group.commands)


def test_python_without_assertions_is_refused_with_one_line():
    done = run("-O", "-c", MAIN)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "python -O" in done.stderr


def test_a_fault_of_the_world_is_one_line_and_exit_code_1():
    done = run("-c", f"import sys; sys.argv = ['chiphour', 'bench', 'nothing']; {MAIN}")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "'nothing'" in done.stderr


def test_wrong_words_are_exit_code_2():
    done = run("-c", f"import sys; sys.argv = ['chiphour', 'no-such-command']; {MAIN}")
    assert done.returncode == 2
    assert "no-such-command" in done.stderr


def test_numba_is_told_a_folder_of_its_own():
    words = "import os; from chiphour import cli; cli.name_kernel_cache(); "
    done = run("-c", words + "print(os.environ['NUMBA_CACHE_DIR'])")
    assert Path(done.stdout.strip()).name == kernel_cache(Path()).name


def test_a_folder_named_by_the_launcher_stays():
    words = "import os; from chiphour import cli; cli.name_kernel_cache(); "
    done = run("-c", words + "print(os.environ['NUMBA_CACHE_DIR'])", NUMBA_CACHE_DIR="elsewhere")
    assert done.stdout.strip() == "elsewhere"


def test_a_command_loads_its_own_file_alone():
    words = "import sys; from chiphour import cli; cli.build('check'); "
    done = run("-c", words + "print([m for m in sys.modules if m.startswith('chiphour.cli.')])")
    assert done.stdout.strip() == "['chiphour.cli.checkout']"


def test_a_file_that_is_no_command_is_an_unknown_word():
    done = run("-c", f"import sys; sys.argv = ['chiphour', 'options']; {MAIN}")
    assert done.returncode == 2
    assert "No such command 'options'" in done.stderr


def test_importing_the_command_line_does_not_import_numba():
    done = run("-c", "import sys, chiphour.cli; print('numba' in sys.modules)")
    assert done.stdout.strip() == "False"
