"""PUBLISH: records become files and pages.

Takes   records.
Gives   bytes.
Keeps   the imports that ARCHITECTURE.md draws.
Source  ARCHITECTURE.md.
"""
