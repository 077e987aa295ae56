"""BIDS: one file per type of bid.

Takes   a bid.
Gives   columns, rows and, later, an award.
Keeps   the imports that ARCHITECTURE.md draws.
Source  ARCHITECTURE.md.
"""
