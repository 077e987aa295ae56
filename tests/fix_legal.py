"""FIX LEGAL: holds messages to FIX 4.4 as QuickFIX's dictionary has it.

Takes   messages as a type and fields.
Gives   an AssertionError that names the fault; nothing where QuickFIX is not installed.
Keeps   QuickFIX itself asked too, of what its dictionary's file allows: it ends the process over
        what is illegal, so the file is read here first.
Source  FIX44.xml, which QuickFIX installs.
"""

import re
import sys
import xml.etree.ElementTree as Xml
from functools import cache
from pathlib import Path

from chiphour.wire.fix import Message
from chiphour.wire.fix import encode_message

PATH = Path(sys.prefix) / "share" / "quickfix" / "FIX44.xml"
TIME = "20260706-01:00:00.000"
FORMS = {
    "INT": r"-?\d+",
    "NUMINGROUP": r"\d+",
    "SEQNUM": r"\d+",
    "LENGTH": r"\d+",
    **dict.fromkeys(("QTY", "PRICE", "PRICEOFFSET", "AMT", "FLOAT"), r"-?\d+(\.\d+)?"),
    "CHAR": r"[ -~]",
    "BOOLEAN": "[YN]",
    "UTCTIMESTAMP": r"\d{8}-\d\d:\d\d:\d\d(\.\d{3})?",
    "UTCTIMEONLY": r"\d\d:\d\d:\d\d(\.\d{3})?",
    **dict.fromkeys(("UTCDATEONLY", "LOCALMKTDATE"), r"\d{8}"),
}
KNOWN = PATH.is_file()


def legal(msg_type, fields):
    """Hold a message to the dictionary."""
    if not KNOWN:
        return
    allowed, required, groups = messages()[msg_type]
    shown = f"{msg_type}: {fields}"
    taken = _without_groups(list(fields), groups, shown)
    tags = [tag for tag, _ in taken]
    assert len(set(tags)) == len(tags), f"a tag twice: {shown}"
    assert set(tags) <= allowed, f"not of this type {set(tags) - allowed}: {shown}"
    assert required <= set(tags), f"missing {required - set(tags)}: {shown}"
    for tag, value in fields:
        kind, values = types()[tag]
        assert re.fullmatch(FORMS.get(kind, r"[ -~]+"), value), f"form of {tag}={value}: {shown}"
        found = value.split(" ") if kind == "MULTIPLEVALUESTRING" else [value]
        assert not values or set(found) <= values, f"word of {tag}={value}: {shown}"
    _ask_quickfix(msg_type, fields)


def _without_groups(fields, groups, shown):
    """Check the repeating groups, and take them out but for their counts."""
    left, at = [], 0
    while at < len(fields):
        tag, value = fields[at]
        left.append(fields[at])
        at += 1
        if tag not in groups:
            continue
        members, needed = groups[tag]
        begun, first = at, None
        found: list[set] = []
        while at < len(fields) and fields[at][0] in members:
            first = first or fields[at][0]
            if fields[at][0] == first:
                found.append(set())
            assert fields[at][0] not in found[-1], f"twice in a group: {shown}"
            found[-1].add(fields[at][0])
            at += 1
        assert len(found) == int(value), f"{value} groups said, {len(found)} at {begun}: {shown}"
        assert all(needed <= each for each in found), f"{needed} missing in a group: {shown}"
    return left


def _ask_quickfix(msg_type, fields):
    import quickfix

    header = ((34, "1"), (49, "CHIPHOUR"), (56, "MEMBER"), (52, TIME))
    frame = encode_message(Message(msg_type, (*header, *fields)))
    known = dictionary()
    known.validate(quickfix.Message(frame.decode(), known, True))


@cache
def dictionary():
    """Give QuickFIX's own dictionary."""
    import quickfix

    return quickfix.DataDictionary(str(PATH))


@cache
def root():
    return Xml.parse(PATH).getroot()


@cache
def types():
    """Give the type and the words of each tag."""
    return {
        int(each.get("number")): (each.get("type"), {v.get("enum") for v in each.findall("value")})
        for each in root().find("fields")
    }


@cache
def messages():
    """Give for each type the tags, those that it must have, and its groups by their counts."""
    numbers = {each.get("name"): int(each.get("number")) for each in root().find("fields")}
    components = {each.get("name"): each for each in root().find("components")}

    def walk(node, is_required=True):
        allowed, required, groups = set(), set(), {}
        for child in node:
            needed = is_required and child.get("required") == "Y"
            if child.tag == "component":
                more = walk(components[child.get("name")], needed)
                allowed |= more[0]
                required |= more[1]
                groups |= more[2]
                continue
            number = numbers[child.get("name")]
            allowed.add(number)
            if needed:
                required.add(number)
            if child.tag == "group":
                members, inner, _ = walk(child)
                groups[number] = (members, inner)
        return allowed, required, groups

    return {each.get("msgtype"): walk(each) for each in root().find("messages")}
