"""SERVE: the market over a network.

Takes   requests.
Gives   answers.
Keeps   the imports that ARCHITECTURE.md draws.
Source  ARCHITECTURE.md.
"""
