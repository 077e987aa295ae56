"""TENORS: for how long, and how firmly, a chip is let.

Takes   nothing: this file is a language. Sources map their own terms onto its words.
Gives   TENORS: each word with its meaning.
Keeps   one word for one promise: what may be taken away is INT, however its seller calls it.
Source  Methodology, "Series".
"""

TENORS = {
    "SPOT": "by the hour on an open marketplace, no commitment, not preemptible",
    "INT": "preemptible, or let to the highest bid",
    "OD": "by the hour from a provider's own rate card",
    "R1M": "committed for one month",
    "R3M": "committed for three months",
    "R6M": "committed for six months",
    "R1Y": "committed for one year",
    "R2Y": "committed for two years",
    "R3Y": "committed for three years",
    "OTHER": "a product that is not a chip for an hour, or of unknown terms",
}
