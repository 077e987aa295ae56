"""ADAPTERS: the world: files, processes, clocks, servers. The only input and output.

Takes   paths, addresses.
Gives   records, and effects.
Keeps   the imports that ARCHITECTURE.md draws.
Source  ARCHITECTURE.md.
"""
