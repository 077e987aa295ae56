"""PAGE_TEXT: what a page from elsewhere says, as plain text, and the part of it that is quoted.

Takes   HTML by anybody; the words that are looked for.
Gives   `text_of`, its text without markup and scripts; `quotation_of`, one sentence of it.
Keeps   time linear in the length of the page, whatever stands in it. A quotation is a part of the
        text as it is, bounded, without addresses and without characters that cannot be seen.
Source  Decision 0043; the HTML standard, 13.2 (what is markup), as far as text needs it.
"""

import re
from collections.abc import Iterator
from collections.abc import Sequence
from html import unescape

from chiphour.analyse.report import QUOTATION_CHARACTERS_MAX
from chiphour.analyse.written import read_text

TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9-]{0,20})|<[!?]")
UNSEEN = frozenset({"script", "style", "template", "noscript", "svg", "head", "title", "textarea"})
INSIDE_LINES = frozenset("a abbr b bdi cite code em i mark q s small span strong sub sup u".split())
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\u201c\"])")
QUOTATION_CHARACTERS_MIN = 30
BRIEF_WORDS_MIN = 5


def text_of(page: str) -> str:
    """Give the text of a page, a block to a line; what a browser does not show is left out."""
    text = unescape("".join(_pieces(page)))
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _pieces(page: str) -> Iterator[str]:
    """Yield what stands between tags; each place of the page is looked at once."""
    page = page.replace("\n", " ").replace("\r", " ")  # Tags end lines, the source's lines do not.
    lower, at = page.lower(), 0
    while True:
        start = page.find("<", at)
        if start < 0:
            yield page[at:]
            return
        yield page[at:start]
        tag = TAG.match(page, start)
        if tag is None:
            yield "<"
            at = start + 1
            continue
        is_comment = page.startswith("<!--", start)
        end = page.find("-->" if is_comment else ">", start)
        name = (tag[1] or "").lower()
        if end >= 0 and name in UNSEEN and page[start + 1] != "/":
            end = lower.find(f"</{name}", end)
            at = end
        else:
            at = end + (3 if is_comment else 1)
        if end < 0:
            return  # It never ends: nothing behind it is text.
        yield "" if name in INSIDE_LINES else "\n"


def quotation_of(text: str, words: Sequence[str]) -> str:
    """Give the first sentence that holds one of some words, "" where there is none.

    A long one is cut between two words.
    """
    wanted = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in words), re.I)
    for line in text.splitlines():
        for sentence in SENTENCE_END.split(line):
            if not words or wanted.search(sentence) is None or not _is_quotable(sentence):
                continue
            cut = sentence[: QUOTATION_CHARACTERS_MAX + 1]
            if len(cut) > QUOTATION_CHARACTERS_MAX:
                cut = cut.rpartition(" ")[0]
            if wanted.search(cut):
                return cut
    return ""


def _is_quotable(sentence: str) -> bool:
    """Tell whether it reads as a sentence, without addresses and hidden characters."""
    if len(sentence) < QUOTATION_CHARACTERS_MIN or len(sentence.split()) < BRIEF_WORDS_MIN:
        return False
    return not read_text(sentence, ()).addresses and sentence.isprintable()
