"""REFUSAL: why something that was asked for, or found in a folder, did not become observations.

Takes   nothing: this file is a language.
Gives   the record `Refusal`; CODES: every word that its code may be, each with its meaning.
Keeps   one language for the live path and for recordings. A new reason is a line of CODES.
Source  Decision 0015.
"""

from typing import NamedTuple

DETAIL_CHARACTERS_MAX = 500  # A detail may quote what a venue sent.

# Every word that the code of a refusal may be.
CODES = {
    "CHANGED": "The recording at this path is not the one that was read there before.",
    "CONTENT_TYPE": "The answer is of a media type or coding that the venue does not use.",
    "DATE_MISSING": "Nothing says on which day the recording was made.",
    "EMPTY": "The whole poll holds no observation.",
    "FAILED": "Our own program failed while it polled the venue.",
    "INTERRUPTED": "The connection broke, or the answer was torn, before it was whole.",
    "NOT_AS_LISTED": "The file is not the one that the manifest lists.",
    "NOT_A_RECORDING": "The file has another name or packing than a recording, or two readers.",
    "PAGES": "The pages go on for longer than they may, or in a circle.",
    "RATE_LIMITED": "The venue asks us to come back later (429).",
    "RATE_MISSING": "A price is in a currency for which no rate was published before it.",
    "SECRET_ECHOED": "The answer holds our own secret; not even its bytes are kept.",
    "SECRET_MISSING": "The operator did not provide the secret that the venue wants.",
    "SECRET_REFUSED": "The venue does not let us in (401 or 403).",
    "STATUS": "The venue answered with another status than 200.",
    "TIMEOUT": "The answer was not there by the deadline.",
    "TOO_LARGE": "The answer or file is larger than it may be.",
    "UNREACHABLE": "No connection: the name, the address or the certificate is not good.",
    "UNREADABLE": "The answer or file is not what its reader expects.",
}


class Refusal(NamedTuple):
    """Why a poll or a recording is refused. `code` is a word of CODES.

    `path` is where a recording lies, "" for an answer of a venue. Times are 0 where none is known;
    `sha256` is that of the body refused, "" where there was none.
    """

    source: str
    shape: str
    path: str
    observed_ns: int
    received_ns: int
    code: str
    detail: str
    sha256: str


def bounded_detail(text: str) -> str:
    """Give a detail as it is kept: one line that can be stored anywhere, cut where too long.

    What a venue sent may stand in it: what cannot be printed is written as Python would write it.
    """
    line = " ".join("".join(c if c.isprintable() else repr(c)[1:-1] for c in text).split())
    if len(line) <= DETAIL_CHARACTERS_MAX:
        return line
    return line[: DETAIL_CHARACTERS_MAX - 3] + "..."
