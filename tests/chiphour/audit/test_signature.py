"""SIGNATURE: a checkpoint is believed when its key signed it, and never else.

Takes   the vectors of RFC 8032; keys and signatures of `cryptography`.
Gives   a failure where both do not agree, or where a changed bit passes.
Keeps   both roads apart: this side computes in whole numbers, the other in OpenSSL.
Source  RFC 8032 sections 5.1.7 and 7.1; C2SP signed-note.
"""

from base64 import b64encode
from hashlib import sha256
from hashlib import sha512

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.audit.signature import ORDER
from chiphour.audit.signature import Checkpoint
from chiphour.audit.signature import NotSigned
from chiphour.audit.signature import P
from chiphour.audit.signature import checkpoint_of
from chiphour.audit.signature import is_signed
from chiphour.audit.signature import key_of

# Section 7.1 of the RFC: tests 1, 2, 3 and SHA(abc).
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        b"",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
        "1cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        b"\x72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613"
        "d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        b"\xaf\x82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760"
        "984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        sha512(b"abc").digest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c6"
        "6431e0303dca179c138ac17ad9bef1177331a704",
    ),
]
NAME = "example.org/log"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
TYPED = b"\1" + PUBLIC
KEY_ID = sha256(f"{NAME}\n".encode() + TYPED).digest()[:4]
LINE = f"{NAME}+{KEY_ID.hex()}+{b64encode(TYPED).decode()}"
ROOT = sha256(b"root").digest()


def signed(body: str, name: str = NAME, private: Ed25519PrivateKey = PRIVATE) -> str:
    blob = KEY_ID + private.sign(body.encode())
    return f"{body}\n\u2014 {name} {b64encode(blob).decode()}\n"


BODY = f"{NAME}\n17\n{b64encode(ROOT).decode()}\n"
TEXT = signed(BODY)


@pytest.mark.parametrize("vector", VECTORS, ids=["1", "2", "3", "SHA(abc)"])
def test_the_vectors_of_the_rfc_pass_and_a_changed_bit_does_not(vector):
    public, message, signature = bytes.fromhex(vector[0]), vector[1], bytes.fromhex(vector[2])
    assert is_signed(public, message, signature)
    assert not is_signed(public, message + b"\0", signature)
    for at in (0, 31, 32, 63):
        changed = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
        assert not is_signed(public, message, changed)


@settings(max_examples=40)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.integers(0, 511))
def test_what_cryptography_signs_passes_and_a_flipped_bit_does_not(secret, message, bit):
    private = Ed25519PrivateKey.from_private_bytes(secret)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert is_signed(public, message, signature)
    flipped = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")
    assert not is_signed(public, message, flipped)


def test_one_signature_has_one_form():
    message = b"said once"
    signature = PRIVATE.sign(message)
    factor = int.from_bytes(signature[32:], "little") + ORDER
    assert not is_signed(PUBLIC, message, signature[:32] + factor.to_bytes(32, "little"))
    assert not is_signed(PUBLIC, message, signature[:-1])
    assert not is_signed(PUBLIC[:-1], message, signature)
    for y in (P, P + 1, 2):  # Not reduced, not reduced, and no point of the curve.
        assert not is_signed(y.to_bytes(32, "little"), message, signature)


def test_a_signed_checkpoint_is_read():
    key = key_of(LINE + "\n")
    assert key == (NAME, KEY_ID, PUBLIC)
    assert checkpoint_of(TEXT, key) == Checkpoint(NAME, 17, ROOT)
    assert checkpoint_of(signed(BODY + "an extension\n"), key).size == 17
    witnessed = TEXT + f"\u2014 witness {b64encode(b'1234' + bytes(64)).decode()}\n"
    assert checkpoint_of(witnessed, key).root == ROOT


OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (signed(BODY, private=OTHER), f"the signature of {NAME}+{KEY_ID.hex()} does not fit"),
        (TEXT.replace("17", "18"), "does not fit the checkpoint"),
        (signed(BODY, name="another"), f"expected a signature of {NAME}+{KEY_ID.hex()}, found"),
        (BODY, "expected origin, size, root, an empty line and signatures"),
        (signed(f"{NAME}\n\u0661\nroot\n"), "expected origin, size, root, an empty line"),
        (signed(BODY.replace(NAME, "another")), f"expected the origin {NAME} and a root"),
        (signed(f"{NAME}\n17\nshort\n"), "expected the origin"),
        ("", "expected origin, size, root, an empty line and signatures"),
        (TEXT[:-1], "expected origin, size, root, an empty line and signatures"),
        (signed(BODY.replace("17", "017")), "expected origin, size, root, an empty line"),
        (signed(BODY.replace("17", "9" * 5_000)), "expected origin, size, root, an empty line"),
        (TEXT + "\u2014 w AAAA\n" * 20_000, "expected origin, size, root, an empty line"),
        (TEXT.replace(f"\u2014 {NAME}", f"\u2014 x AAAA\u2028\u2014 {NAME}"), "found none"),
        (TEXT + signed(BODY, private=OTHER).rpartition("\n\n")[2], "does not fit the checkpoint"),
    ],
)
def test_what_is_not_signed_is_not_believed(text, said):
    with pytest.raises(NotSigned) as refused:
        checkpoint_of(text, key_of(LINE))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "line", ["", "name", LINE[:-4], LINE.replace(NAME, "other"), f"{NAME}+00000000+AQ=="]
)
def test_what_is_no_key_is_refused(line):
    with pytest.raises(NotSigned):
        key_of(line)
