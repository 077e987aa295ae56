"""CHIPHOUR: an open market for compute. Start reading at `day.py`.

Takes   nothing: this file only names the package.
Gives   the version.
Keeps   imports out, so that any module can be read on its own.
Source  ARCHITECTURE.md.
"""

__version__ = "0.1.0"
