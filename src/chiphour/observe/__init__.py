"""OBSERVE: what GPU time costs, as sources showed it.

Takes   recorded bytes.
Gives   observations.
Keeps   the imports that ARCHITECTURE.md draws.
Source  ARCHITECTURE.md.
"""
