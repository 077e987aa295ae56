"""SIMULATE: seeded members and markets.

Takes   a seed.
Gives   commands.
Keeps   the imports that ARCHITECTURE.md draws.
Source  ARCHITECTURE.md.
"""
