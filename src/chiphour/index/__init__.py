"""FIX: a reference price for each series and day.

Takes   observations.
Gives   fixings.
Keeps   the imports that ARCHITECTURE.md draws.
Source  ARCHITECTURE.md.
"""
