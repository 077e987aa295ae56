"""ANALYSE: what the prices mean.

Takes   arrays.
Gives   figures.
Keeps   the imports that ARCHITECTURE.md draws.
Source  ARCHITECTURE.md.
"""
