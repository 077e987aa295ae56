"""SHAPES_ALERTS: the JSON of rules and alerts.

Takes   nothing.
Gives   msgspec structs, one for each shape.
Keeps   a secret in the one answer that makes it.
Source  Decision 0042.
"""

from typing import Annotated
from typing import Literal

import msgspec
from msgspec import Meta

Struct = msgspec.Struct


class NewRule(Struct, forbid_unknown_fields=True):
    """A rule that is to be kept."""

    kind: Annotated[
        Literal["price", "spread", "supply", "suppression"],
        Meta(description="What is watched.", examples=["price"]),
    ]
    subject: Annotated[
        str,
        Meta(
            description="A chip, or a series for suppression.",
            examples=["h100-sxm"],
            max_length=60,
        ),
    ]
    side: Annotated[Literal["above", "below"], Meta(description="Of the threshold.")] = "above"
    threshold: Annotated[
        str,
        Meta(
            description="USD for one GPU and hour, or GPUs; of suppression nothing.",
            examples=["2.50"],
            max_length=30,
        ),
    ] = "0"
    url: Annotated[str, Meta(description="Where to send it; empty: nowhere.", max_length=500)] = ""


class Rule(Struct, forbid_unknown_fields=True):
    """A rule."""

    id: Annotated[int, Meta(description="Names it.", examples=[7])]
    kind: Annotated[str, Meta(description="What is watched.", examples=["price"])]
    subject: Annotated[str, Meta(description="A chip or a series.", examples=["h100-sxm"])]
    side: Annotated[str, Meta(description="above or below.", examples=["below"])]
    threshold: Annotated[str, Meta(description="USD, or GPUs.", examples=["2.500000000"])]
    url: Annotated[str, Meta(description="Where it is sent; empty: nowhere.")]
    holds: Annotated[bool, Meta(description="Whether it held when it was last judged.")]


class MadeRule(Struct, forbid_unknown_fields=True):
    """A rule that was kept, with the secret that signs what is sent."""

    rule: Annotated[Rule, Meta(description="The rule.")]
    secret: Annotated[str | None, Meta(description="Told once; null: it has no address.")]


class Rules(Struct, forbid_unknown_fields=True):
    """Your rules."""

    rules: Annotated[list[Rule], Meta(description="By id.")]


class Alert(Struct, forbid_unknown_fields=True):
    """A rule that began to hold."""

    id: Annotated[int, Meta(description="The same at every attempt.", examples=[12])]
    rule: Annotated[int, Meta(description="The rule's id.", examples=[7])]
    kind: Annotated[str, Meta(description="What is watched.", examples=["price"])]
    subject: Annotated[str, Meta(description="A chip or a series.", examples=["h100-sxm"])]
    side: Annotated[str, Meta(description="above or below.", examples=["below"])]
    threshold: Annotated[str, Meta(description="USD, or GPUs.", examples=["2.500000000"])]
    value: Annotated[str, Meta(description="USD, or GPUs.", examples=["2.490000000"])]
    time: Annotated[str, Meta(description="The hour judged, UTC.")]
    text: Annotated[str, Meta(description="One sentence.")]
    delivery: Annotated[str, Meta(description="none, waiting, delivered, given up or dropped.")]
    attempts: Annotated[int, Meta(description="That were made to send it.")]


class AlertList(Struct, forbid_unknown_fields=True):
    """Your alerts."""

    alerts: Annotated[list[Alert], Meta(description="The latest first.")]
