"""LEDGER: where money is.

Takes   transfers.
Gives   balances that sum to zero.
Keeps   the imports that ARCHITECTURE.md draws.
Source  ARCHITECTURE.md.
"""
