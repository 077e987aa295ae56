"""ASKED_MEMBERS: what requests about members have in common: parameters, and how answers look.

Takes   texts from requests.
Gives   parameters for handlers; descriptions of answers for OpenAPI.
Keeps   every parameter bounded; every status that an answer may have described.
Source  Decision 0034.
"""

from typing import Annotated

from litestar.openapi import ResponseSpec
from litestar.params import HeaderParameter
from litestar.params import PathParameter

from chiphour.adapters.cashier import WORD_LENGTH_MAX
from chiphour.adapters.members import NAME_LENGTH_MAX
from chiphour.adapters.serve import shapes

Name = Annotated[str, PathParameter(max_length=NAME_LENGTH_MAX, description="The member's name.")]
Word = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=WORD_LENGTH_MAX,
        description="A word of your own: the same one again gives the first answer again.",
    ),
]
FAULTS = {
    400: "A bad parameter or body.",
    401: "Nobody that is known here signed it.",
    403: "Whoever signed it may not do this.",
    404: "Nothing such exists.",
    409: "It is not possible as things stand.",
    413: "The body is too long.",
    415: "The body is not JSON.",
    429: "Too many wrong sign-ins from there.",
    503: "This server shows a market, and does not trade.",
}


def gives_private(shape: type, words: str, status: int = 200) -> dict[int, ResponseSpec]:
    """Describe a handler's answers: its shape, and faults."""
    return _faults() | {status: ResponseSpec(shape, generate_examples=False, description=words)}


def gives_private_file(media_type: str, words: str) -> dict[int, ResponseSpec]:
    """Describe the answers of a handler that gives a file of another kind than JSON."""
    good = ResponseSpec(str, media_type=media_type, generate_examples=False, description=words)
    return _faults() | {200: good}


def _faults() -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(shapes.Fault, generate_examples=False, description=words)
        for status, words in FAULTS.items()
    }
