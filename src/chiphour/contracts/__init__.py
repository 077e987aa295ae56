"""CONTRACTS: what is traded; one file per type.

Takes   a contract's terms in words.
Gives   the row of numbers the kernel knows.
Keeps   the imports that ARCHITECTURE.md draws.
Source  ARCHITECTURE.md.
"""
