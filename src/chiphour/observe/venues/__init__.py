"""VENUES: one folder each; the folder is the registry.

Takes   a recorded body.
Gives   observations.
Keeps   the imports that ARCHITECTURE.md draws.
Source  ARCHITECTURE.md.
"""
