"""BUNDLED TREE: the root over a batch's ids, many hashes side by side in compiled code.

Takes   ids of 32 bytes, one behind another, each a leaf of a tree.
Gives   the root that `audit/tree.py` gives.
Keeps   SHA-256 as it is written: the same words in the same rounds, for LANES messages at once.
        What is hashed here is short, and most of what Python takes for it is not hashing.
Source  FIPS 180-4 sections 4 to 6; RFC 6962 section 2.1; decision 0019.

Arrays: `hashes` uint32[hash, its 8 words]; `schedule` uint32[64 rounds, lane]; `state` and `before`
uint32[8 words, lane].
"""

from itertools import count
from itertools import islice
from math import isqrt

import numpy as np

from chiphour.audit.tree import root_of_ids
from chiphour.ledger.kernel import door
from chiphour.ledger.kernel import hot

LANES = 64
WORDS, BLOCK_WORDS, ROUNDS = 8, 16, 64
LEAF_BITS, NODE_BITS = 8 * 33, 8 * 65  # A mark, and one hash or two.
NODE_MARK, END_MARK = np.uint32(1 << 24), np.uint32(0x80 << 16)  # At their bytes of a word.

_PRIMES = list(islice((n for n in count(2) if all(n % d for d in range(2, isqrt(n) + 1))), ROUNDS))


def _cube_root(number: int) -> int:
    """Give the largest whole number whose cube is at most this."""
    found = 0
    for bit in reversed(range(number.bit_length() // 3 + 1)):
        if (found | 1 << bit) ** 3 <= number:
            found |= 1 << bit
    return found


def _words(numbers: list[int]) -> np.ndarray:
    return np.array([number % (1 << 32) for number in numbers], np.uint32)


# The first 32 bits behind the point of square roots and cube roots of primes.
FIRST = _words([isqrt(prime << 64) for prime in _PRIMES[:WORDS]])
CONSTANTS = _words([_cube_root(prime << 96) for prime in _PRIMES])


def root_of(ids: bytes) -> bytes:
    """Give the root over ids of 32 bytes, one behind another."""
    if not ids:
        return root_of_ids(ids)
    hashes = np.frombuffer(ids, ">u4").astype(np.uint32).reshape(-1, WORDS)
    shapes = ((ROUNDS, LANES), (WORDS, LANES), (WORDS, LANES))
    put_root(hashes, *(np.zeros(shape, np.uint32) for shape in shapes))
    root: bytes = hashes[0].astype(">u4").tobytes()
    return root


@hot
def _turned(word, bits):
    """Turn a word to the right."""
    return np.uint32(np.uint32(word >> np.uint32(bits)) | np.uint32(word << np.uint32(32 - bits)))


@hot
def _sum(one, other):
    """Add modulo 2^32: Numba would make a wider number of it."""
    return np.uint32(one + other)


@hot
def _compress(schedule, state, before):
    """Take a block of each lane, in the first rows of the schedule, into the state."""
    for at in range(BLOCK_WORDS, ROUNDS):
        for lane in range(LANES):
            early, late = schedule[at - 15, lane], schedule[at - 2, lane]
            small = _turned(early, 7) ^ _turned(early, 18) ^ np.uint32(early >> np.uint32(3))
            large = _turned(late, 17) ^ _turned(late, 19) ^ np.uint32(late >> np.uint32(10))
            ours = _sum(schedule[at - 16, lane], schedule[at - 7, lane])
            schedule[at, lane] = _sum(ours, _sum(np.uint32(small), np.uint32(large)))
    for word in range(WORDS):
        for lane in range(LANES):
            before[word, lane] = state[word, lane]
    for at in range(ROUNDS):
        # The eight words change places each round: the rows stay, their names move.
        a, b, c, d = state[-at & 7], state[1 - at & 7], state[2 - at & 7], state[3 - at & 7]
        e, f, g, h = state[4 - at & 7], state[5 - at & 7], state[6 - at & 7], state[7 - at & 7]
        row, constant = schedule[at], CONSTANTS[at]
        for lane in range(LANES):
            x, y = e[lane], a[lane]
            choice = np.uint32(g[lane] ^ np.uint32(x & np.uint32(f[lane] ^ g[lane])))
            turns = np.uint32(_turned(x, 6) ^ _turned(x, 11) ^ _turned(x, 25))
            one = _sum(_sum(h[lane], turns), _sum(choice, _sum(constant, row[lane])))
            most = np.uint32(np.uint32(y & b[lane]) | np.uint32(c[lane] & np.uint32(y | b[lane])))
            turns = np.uint32(_turned(y, 2) ^ _turned(y, 13) ^ _turned(y, 22))
            d[lane] = _sum(d[lane], one)
            h[lane] = _sum(one, _sum(turns, most))
    for word in range(WORDS):
        for lane in range(LANES):
            state[word, lane] = _sum(state[word, lane], before[word, lane])


@hot
def _begin(state):
    for word in range(WORDS):
        for lane in range(LANES):
            state[word, lane] = FIRST[word]


@hot
def _joint(left, right):
    """Give the word that lies across two: the last byte of one, three of the next."""
    return np.uint32(np.uint32(left << np.uint32(24)) | np.uint32(right >> np.uint32(8)))


@hot
def _put(state, hashes, first, count):
    for lane in range(count):
        for word in range(WORDS):
            hashes[first + lane, word] = state[word, lane]


@hot
def _put_leaves(hashes, first, count, schedule, state, before):
    """Put the hashes of leaves in their place: of a zero byte and the leaf."""
    for lane in range(count):
        last = np.uint32(0)
        for word in range(WORDS):
            schedule[word, lane] = _joint(last, hashes[first + lane, word])
            last = hashes[first + lane, word]
        schedule[WORDS, lane] = np.uint32(np.uint32(last << np.uint32(24)) | END_MARK)
        for word in range(WORDS + 1, BLOCK_WORDS):
            schedule[word, lane] = 0
        schedule[BLOCK_WORDS - 1, lane] = LEAF_BITS
    _begin(state)
    _compress(schedule, state, before)
    _put(state, hashes, first, count)


@hot
def _put_nodes(hashes, first, count, schedule, state, before):
    """Put nodes where their children were, or lie before them: of a one, left and right."""
    for lane in range(count):
        last = np.uint32(0)
        for word in range(BLOCK_WORDS):
            half, of = word // WORDS, word % WORDS
            ours = hashes[2 * (first + lane) + half, of]
            schedule[word, lane] = _joint(last, ours)
            last = ours
        schedule[0, lane] = np.uint32(schedule[0, lane] | NODE_MARK)
    _begin(state)
    _compress(schedule, state, before)
    for lane in range(count):
        last = hashes[2 * (first + lane) + 1, WORDS - 1]
        schedule[0, lane] = np.uint32(np.uint32(last << np.uint32(24)) | END_MARK)
        for word in range(1, BLOCK_WORDS):
            schedule[word, lane] = 0
        schedule[BLOCK_WORDS - 1, lane] = NODE_BITS
    _compress(schedule, state, before)
    _put(state, hashes, first, count)


@door
def put_root(hashes, schedule, state, before):
    """Put the root over ids in the place of the first; the others are gone."""
    size = hashes.shape[0]
    for first in range(0, size, LANES):
        _put_leaves(hashes, first, min(LANES, size - first), schedule, state, before)
    while size > 1:
        pairs = size // 2
        for first in range(0, pairs, LANES):
            _put_nodes(hashes, first, min(LANES, pairs - first), schedule, state, before)
        if size % 2:  # It has no neighbour, and moves up as it is.
            for word in range(WORDS):
                hashes[pairs, word] = hashes[size - 1, word]
        size -= pairs
