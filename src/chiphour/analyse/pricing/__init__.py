"""PRICING: what an hour of a chip should cost at a later day, and how sure that is.

Takes   daily fixings.
Gives   see the files: `history` (what is learned from), `reversion` (the model and its fit),
        `borrowing` (whose history speaks for a series), `outlook` (futures, averages, basis),
        `premium` (what a traded price pays for risk), `structure` (capital, power, utilisation),
        `generations` (how chips lose value), `skill` (what it was worth, out of sample).
Keeps   a series that has too little to learn from without a price.
Source  docs/pricing/README.md; decision 0045.
"""
