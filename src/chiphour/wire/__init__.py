"""WIRE: bytes to commands and events, and back.

Takes   bytes.
Gives   records.
Keeps   the imports that ARCHITECTURE.md draws.
Source  ARCHITECTURE.md.
"""
