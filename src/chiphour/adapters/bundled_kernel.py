"""BUNDLED KERNEL: canonical lines of observations taken apart by compiled code.

Takes   a block of lines, one below the other; a table of words that were seen before.
Gives   nine numbers for each line: words by their number in the table, counts and times as they
        are, where in the block the description is; or False, and then nothing is said of it.
Keeps   to one form: the keys of an observation in their order, texts of plain ASCII without marks
        of escape but in `spec` and `terms`, whole numbers below 9 * 10**18. Any reader of JSON
        finds the same in such a line. All else is for such a reader to read, or to refuse.
Source  Decisions 0003 and 0019.

Arrays: `block` uint8[bytes], lines that each end with a new line; `numbers` int64[line, column].
The table: `slots` int64[a power of two], 0 or the number of a word and one; `words` int64[word,
(hash, first byte, end)]; `arena` uint8[bytes], where the bytes of words are; `used` int64[(words,
bytes)]. Who calls makes room for four more words a line, and for all bytes of the block.
"""

import numpy as np

from chiphour.ledger.kernel import door
from chiphour.ledger.kernel import hot

COLUMNS = 9
STANDING, GPUS, PRICE, MACHINE, HOST, END, OBSERVED, RECEIVED, SPEC = range(COLUMNS)
UNTOLD = -1  # In the column of ends: to be found in the description by who reads it in full.

PRIME = np.uint64(0x100000001B3)
DIGITS_MAX = 19
STANDING_BYTES = 512  # All that rows of a group share, at most.
SEPARATOR = 0  # Between them: in no text.

QUOTE, BACKSLASH, COMMA, OPEN, CLOSED, LINE_END = (ord(each) for each in '"\\,[]\n')
ZERO, NINE = ord("0"), ord("9")

# A byte that stands for itself in a text.
PLAIN = np.array([0x20 <= each < 0x7F and each not in b'"\\' for each in range(256)])


def _literal(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), np.uint8)


TO_CHIP, TO_FEED, TO_FLAGS = map(_literal, ('{"chip":"', '","feed":"', '","flags":'))
TO_FORM, TO_GPUS, TO_HOST = map(_literal, (',"form":"', '","gpus":', ',"host_key":"'))
TO_KIND, TO_MACHINE, TO_MEMORY = map(
    _literal, ('","kind":"', '","machine_key":"', '","memory_gb":')
)
TO_OBSERVED, TO_PRICE, TO_RAW = map(
    _literal, (',"observed_ns":', ',"price_nanousd":', ',"raw_sha256":"')
)
TO_READER, TO_RECEIVED, TO_ROW = map(
    _literal, ('","reader_version":"', '","received_ns":', ',"row":"')
)
TO_SOURCE, TO_SPEC, TO_TENOR = map(_literal, ('","source":"', '","spec":"', '","tenor":"'))
TO_TERMS, TO_VENUE, TO_END = map(_literal, ('","terms":"', '","venue":"', '"}\n'))

# As `audit/specs.py` says it, in the text of a text.
END_MARK = _literal(',\\"reliability')
VERIFICATION, RELIABILITY, ESCAPE = map(_literal, ("verification", "reliability", "\\\\"))


@hot
def _after(block, at, literal):
    """Give the place behind a literal, or -1 where it does not stand."""
    if at < 0 or at + literal.size > block.size:
        return -1
    for each in range(literal.size):
        if block[at + each] != literal[each]:
            return -1
    return at + literal.size


@hot
def _text_end(block, at):
    """Give the place of the quote that ends a plain text, or -1."""
    if at < 0:
        return -1
    while PLAIN[block[at]]:  # The end of a line is no plain byte.
        at += 1
    return at if block[at] == QUOTE else -1


@hot
def _document_end(block, at):
    """Give the place of the quote that ends a text with quotes and marks of escape in it, or -1."""
    if at < 0:
        return -1
    while True:
        while PLAIN[block[at]]:
            at += 1
        if block[at] == QUOTE:
            return at
        if block[at] != BACKSLASH or (block[at + 1] != QUOTE and block[at + 1] != BACKSLASH):
            return -1
        at += 2


@hot
def _number_end(block, at):
    """Give the place behind a whole number that is not negative, or -1."""
    if at < 0:
        return -1
    first = at
    while ZERO <= block[at] <= NINE:
        at += 1
    count = at - first
    if count < 1 or (count > 1 and block[first] == ZERO):
        return -1
    if count > DIGITS_MAX or (count == DIGITS_MAX and block[first] == NINE):
        return -1  # It might be too large for 63 bits.
    return at


@hot
def _number(block, first, end):
    value = 0
    for at in range(first, end):
        value = value * 10 + (np.int64(block[at]) - ZERO)
    return value


@hot
def _flags_end(block, at):
    """Give the place behind a list of plain texts, or -1."""
    if at < 0 or block[at] != OPEN:
        return -1
    at += 1
    if block[at] == CLOSED:
        return at + 1
    while True:
        if block[at] != QUOTE:
            return -1
        at = _text_end(block, at + 1)
        if at < 0:
            return -1
        at += 1
        if block[at] == CLOSED:
            return at + 1
        if block[at] != COMMA:
            return -1
        at += 1


@hot
def _last_of(block, first, end, literal):
    """Give the last place of a literal between two places, or -1."""
    for at in range(end - literal.size, first - 1, -1):
        same = 0
        while same < literal.size and block[at + same] == literal[same]:
            same += 1
        if same == literal.size:
            return at
    return -1


@hot
def _word(table, source, first, end):
    """Give the number of a word in the table; a new one is added."""
    slots, words, arena, used = table
    size, mask = end - first, slots.size - 1
    mixed, other = np.uint64(size), np.uint64(0)
    for at in range(first, end - 1, 2):  # Two at a time, as neither waits for the other.
        mixed = (mixed ^ np.uint64(source[at])) * PRIME
        other = (other ^ np.uint64(source[at + 1])) * PRIME
    if size % 2:
        mixed = (mixed ^ np.uint64(source[end - 1])) * PRIME
    mixed ^= other << np.uint64(7)
    mixed ^= mixed >> np.uint64(29)
    name = np.int64(mixed >> np.uint64(1))
    slot = name & mask
    while slots[slot]:
        found = slots[slot] - 1
        start = words[found, 1]
        if words[found, 0] == name and words[found, 2] - start == size:
            same = 0
            while same < size and arena[start + same] == source[first + same]:
                same += 1
            if same == size:
                return found
        slot = (slot + 1) & mask
    found, start = used[0], used[1]
    for at in range(size):
        arena[start + at] = source[first + at]
    words[found, 0], words[found, 1], words[found, 2] = name, start, start + size
    slots[slot] = found + 1
    used[0], used[1] = found + 1, start + size
    return found


@hot
def _copied(scratch, to, block, first, end):
    """Put bytes and a separator behind what is in the scratch; -1 where there is no room."""
    if to < 0 or to + end - first + 1 > scratch.size:
        return -1
    for at in range(first, end):
        scratch[to] = block[at]
        to += 1
    scratch[to] = SEPARATOR
    return to + 1


@hot
def _line(block, at, numbers, row, table, scratch):
    """Read one line; give the place behind it, or -1."""
    chip = _after(block, at, TO_CHIP)
    chip_end = _text_end(block, chip)
    feed = _after(block, chip_end, TO_FEED)
    feed_end = _text_end(block, feed)
    flags = _after(block, feed_end, TO_FLAGS)
    flags_end = _flags_end(block, flags)
    form = _after(block, flags_end, TO_FORM)
    form_end = _text_end(block, form)
    gpus = _after(block, form_end, TO_GPUS)
    gpus_end = _number_end(block, gpus)
    host = _after(block, gpus_end, TO_HOST)
    host_end = _text_end(block, host)
    kind = _after(block, host_end, TO_KIND)
    kind_end = _text_end(block, kind)
    machine = _after(block, kind_end, TO_MACHINE)
    machine_end = _text_end(block, machine)
    memory = _after(block, machine_end, TO_MEMORY)
    observed = _after(block, _number_end(block, memory), TO_OBSERVED)
    observed_end = _number_end(block, observed)
    price = _after(block, observed_end, TO_PRICE)
    price_end = _number_end(block, price)
    raw = _after(block, price_end, TO_RAW)
    reader = _after(block, _text_end(block, raw), TO_READER)
    received = _after(block, _text_end(block, reader), TO_RECEIVED)
    received_end = _number_end(block, received)
    place = _after(block, received_end, TO_ROW)
    source = _after(block, _text_end(block, place), TO_SOURCE)
    source_end = _text_end(block, source)
    spec = _after(block, source_end, TO_SPEC)
    spec_end = _document_end(block, spec)
    tenor = _after(block, spec_end, TO_TENOR)
    tenor_end = _text_end(block, tenor)
    terms = _after(block, tenor_end, TO_TERMS)
    venue = _after(block, _document_end(block, terms), TO_VENUE)
    venue_end = _text_end(block, venue)
    end = _after(block, venue_end, TO_END)
    if end < 0:
        return -1
    to = _copied(scratch, 0, block, chip, chip_end)
    to = _copied(scratch, to, block, form, form_end)
    to = _copied(scratch, to, block, tenor, tenor_end)
    to = _copied(scratch, to, block, feed, feed_end)
    to = _copied(scratch, to, block, source, source_end)
    to = _copied(scratch, to, block, venue, venue_end)
    to = _copied(scratch, to, block, kind, kind_end)
    to = _copied(scratch, to, block, flags, flags_end)
    if to < 0:
        return -1
    numbers[row, STANDING] = _word(table, scratch, 0, to)
    numbers[row, GPUS] = _number(block, gpus, gpus_end)
    numbers[row, PRICE] = _number(block, price, price_end)
    numbers[row, MACHINE] = _word(table, block, machine, machine_end)
    numbers[row, HOST] = _word(table, block, host, host_end)
    numbers[row, OBSERVED] = _number(block, observed, observed_end)
    numbers[row, RECEIVED] = _number(block, received, received_end)
    numbers[row, SPEC] = spec
    mark = _last_of(block, spec, spec_end, END_MARK)
    if mark >= 0:
        numbers[row, END] = _word(table, block, mark, spec_end)
    elif (
        _last_of(block, spec, spec_end, RELIABILITY) >= 0
        or _last_of(block, spec, spec_end, VERIFICATION) >= 0
        or _last_of(block, spec, spec_end, ESCAPE) >= 0
    ):
        numbers[row, END] = UNTOLD
    else:
        numbers[row, END] = _word(table, block, spec, spec)
    return end


@door
def read_lines(block, numbers, slots, words, arena, used, scratch):
    """Read the lines of a block into `numbers`; give whether all are in the one form."""
    at, table = 0, (slots, words, arena, used)
    if block.size == 0 or block[block.size - 1] != LINE_END:
        return block.size == 0  # Whoever looks for the end of a text stops there at the latest.
    for row in range(numbers.shape[0]):
        at = _line(block, at, numbers, row, table, scratch)
        if at < 0:
            return False
    return at == block.size


@door
def place_words(slots, words, count):
    """Fill empty slots with the words that there are."""
    mask = slots.size - 1
    for found in range(count):
        slot = words[found, 0] & mask
        while slots[slot]:
            slot = (slot + 1) & mask
        slots[slot] = found + 1
