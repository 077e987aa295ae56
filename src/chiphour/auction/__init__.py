"""AUCTION: compute cleared by the value of the work.

Takes   bids and offers.
Gives   awards, prices, transfers.
Keeps   the imports that ARCHITECTURE.md draws.
Source  ARCHITECTURE.md.
"""
