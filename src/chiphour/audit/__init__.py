"""AUDIT: the second road to every fix, and the proofs that a bundle carries.

Takes   plain JSON: fixings, rows, tables, parameters.
Gives   None where all follows from what is given, else the first difference in one line.
Keeps   itself apart: it imports nothing of the rest and nothing beyond Python's own library.
Source  docs/methodology/v2026_1.md; decision 0012.
"""
