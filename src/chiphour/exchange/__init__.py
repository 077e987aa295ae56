"""EXCHANGE: one function, `apply(state, commands) -> events`.

Takes   commands.
Gives   events.
Keeps   the imports that ARCHITECTURE.md draws.
Source  ARCHITECTURE.md.
"""
