"""NOTE: checkpoints as the specifications show them; anything else is refused.

Takes   the examples of C2SP, signatures made here, a second verifier that shares no code.
Gives   the claims of `index/note.py`, each a test.
Keeps   the note of another as it was published, byte for byte.
Source  C2SP signed-note, tlog-checkpoint, tlog-cosignature; RFC 8032.
"""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.adapters.signing import Signer
from chiphour.audit.signature import is_signed
from chiphour.index.note import COSIGNATURE
from chiphour.index.note import Checkpoint
from chiphour.index.note import Cosignature
from chiphour.index.note import Note
from chiphour.index.note import NoteRefused
from chiphour.index.note import Signature
from chiphour.index.note import VerifierKey
from chiphour.index.note import checkpoint_body
from chiphour.index.note import checkpoint_of
from chiphour.index.note import cosignatures
from chiphour.index.note import cosigned_message
from chiphour.index.note import is_signed_by
from chiphour.index.note import note_of
from chiphour.index.note import note_text
from chiphour.index.note import signature_of
from chiphour.index.note import verified
from chiphour.index.note import vkey_of
from chiphour.index.note import witnessed

EXAMPLE = (
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
    "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrD"
    "JsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
ROOT = bytes(range(32))
HEAD = Checkpoint("log.example/x", 70_000, ROOT)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Make a log and three witnesses."""
    folder = tmp_path_factory.mktemp("keys")
    names = [f"witness.example/w{number}" for number in range(3)]
    witnesses = [Signer(folder / f"w{at}", name, COSIGNATURE) for at, name in enumerate(names)]
    return Signer(folder / "log", HEAD.origin), witnesses


def signed(keys, *times: int) -> str:
    """Give the checkpoint signed by the log, and by as many witnesses as there are times."""
    log, witnesses = keys
    text = checkpoint_body(HEAD)
    lines = [each.cosignature(text, time) for each, time in zip(witnesses, times, strict=False)]
    return note_text(Note(text, (log.signature(text), *lines)))


def test_example_of_the_specification_is_read_and_written_as_it_stands():
    note = note_of(EXAMPLE)
    assert note_text(note) == EXAMPLE
    checkpoint = checkpoint_of(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert checkpoint_body(checkpoint) == note.text
    log, witness = note.signatures
    assert (log.name, log.id.hex(), len(log.payload)) == (checkpoint.origin, "033de0ae", 64)
    assert (witness.name, witness.id.hex()) == ("witness.example.com/w1", "8d66cf3f")
    time_s = int.from_bytes(witness.payload[:8], "big")
    assert time_s == 1_679_315_147  # As its text says.
    message = b"cosignature/v1\ntime 1679315147\n" + note.text.encode()
    assert cosigned_message(note.text, time_s) == message


def test_key_of_go_is_read_and_written_as_it_stands():
    """The key of the checksum database of Go: its id follows from name and key."""
    text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    key = vkey_of(text)
    assert key.text == text
    assert (key.name, key.algorithm, key.id.hex()) == ("sum.golang.org", 1, "033de0ae")


def test_checkpoint_is_verified_by_two_programs_that_share_no_code(keys):
    log, witnesses = keys
    text = signed(keys, 1_000)
    assert verified(text, log.verifier) == HEAD
    by_log, by_witness = note_of(text).signatures
    body = checkpoint_body(HEAD)
    assert is_signed(log.verifier.key, body.encode(), by_log.payload)
    message = cosigned_message(body, 1_000)
    assert is_signed(witnesses[0].verifier.key, message, by_witness.payload[8:])


@settings(max_examples=40)
@given(message=st.binary(max_size=80), place=st.integers(0, 95), bit=st.integers(0, 7))
def test_both_verifiers_refuse_a_changed_signature_or_key(keys, message, place, bit):
    key = keys[0].verifier
    whole = bytearray(keys[0].sign(message) + key.key)
    whole[place] ^= 1 << bit
    signature, public = bytes(whole[:64]), bytes(whole[64:])
    assert not is_signed_by(key._replace(key=public), message, signature)
    assert not is_signed(public, message, signature)


def test_known_answer_of_rfc_8032_verifies():
    """Section 7.1, test 2: one byte, 0x72."""
    public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    signature = (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    key = VerifierKey("x", 1, bytes.fromhex(public))
    assert is_signed_by(key, b"\x72", bytes.fromhex(signature))
    assert not is_signed_by(key, b"\x73", bytes.fromhex(signature))


@given(st.data())
def test_any_changed_letter_of_a_signed_checkpoint_is_refused(keys, data):
    text = signed(keys)
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters(codec="utf-8").filter(lambda found: found != text[place]))
    with pytest.raises(NoteRefused):
        verified(text[:place] + letter + text[place + 1 :], keys[0].verifier)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        EXAMPLE.rstrip("\n"),
        EXAMPLE.replace("\n\n", "\n"),
        EXAMPLE.replace("\u2014", "-"),
        EXAMPLE.replace("sofa\n", "sofa\t\n"),
        EXAMPLE + "\n",
        EXAMPLE + "\u2014 witness+plus AAAAAAAA\n",
        EXAMPLE + "\u2014 witness AAAA\n",
        EXAMPLE + "\u2014 witness not-base64\n",
        "x" * 140_000 + "\n\n\u2014 a AAAAAAAA\n",
        EXAMPLE.replace("sofa\n", "sofa\ud800\n"),
        EXAMPLE + "\u2014 witness\ud800 AAAAAAAA\n",
    ],
)
def test_what_is_no_note_is_refused(text):
    with pytest.raises(NoteRefused):
        note_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "a\n1\n",
        "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n\u0661\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n99999999999999999999\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n1\nAAAA\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nmore\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(NoteRefused, match="expected lines of origin, size and root"):
        checkpoint_of(text)


def test_what_is_no_key_is_refused():
    good = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    for text in (
        "",
        "a+b",
        "a\x01" + good,
        "\udcff" + good,
        good[:-4],
        good.replace("+Ac4", "+Bc4"),
        good.replace("sum", "s m"),
    ):
        with pytest.raises(NoteRefused):
            vkey_of(text)
    with pytest.raises(NoteRefused, match="expected the id 033de0ae"):
        vkey_of(good.replace("033de0ae", "033de0af"))


def test_sixteen_signatures_of_5_kilobytes_are_accepted(keys):
    """The form demands it: those that no quantum computer breaks are as long as that."""
    log, _ = keys
    text = checkpoint_body(HEAD)
    long = tuple(Signature(f"witness{n}.example/long", b"1234", bytes(5_000)) for n in range(15))
    assert verified(note_text(Note(text, (log.signature(text), *long))), log.verifier) == HEAD


def test_unknown_signatures_are_passed_over_and_none_of_the_log_is_refused(keys, tmp_path):
    log, _ = keys
    other = Signer(tmp_path / "other", "other.example/log")
    text = checkpoint_body(HEAD)
    both = note_text(Note(text, (other.signature(text), log.signature(text))))
    assert verified(both, log.verifier) == HEAD
    with pytest.raises(NoteRefused, match="expected a signature of"):
        verified(note_text(Note(text, (other.signature(text),))), log.verifier)
    with pytest.raises(NoteRefused, match=r"expected the origin other.example/log, found log"):
        verified(both, other.verifier)


def test_policy_of_so_many_witnesses_is_held(keys):
    log, witnesses = keys
    known = [each.verifier for each in witnesses]
    text = signed(keys, 1_000, 2_000)
    assert cosignatures(text, known) == [
        Cosignature("witness.example/w0", 1_000),
        Cosignature("witness.example/w1", 2_000),
    ]
    assert witnessed(text, log.verifier, known, 2) == HEAD
    with pytest.raises(NoteRefused, match="expected cosignatures of 3 of 3 witnesses, found 2: "):
        witnessed(text, log.verifier, known, 3)
    with pytest.raises(NoteRefused, match="of 1 of 1 witnesses, found 0: none"):
        witnessed(text, log.verifier, known[2:], 1)


def test_one_witness_counts_once(keys):
    """Twice in the list, or under another name: it is one key."""
    log, witnesses = keys
    first = witnesses[0].verifier
    named = first._replace(name="witness.example/again")
    text = signed(keys, 1_000)
    again = witnesses[0].cosignature(checkpoint_body(HEAD), 3_000)
    renamed = again._replace(name=named.name, id=named.id)
    text += f"{again.line}\n{renamed.line}\n"
    assert cosignatures(text, [first, first]) == [Cosignature(first.name, 3_000)]
    with pytest.raises(NoteRefused, match="of 2 of 1 witnesses"):
        witnessed(text, log.verifier, [first, first, named], 2)


def test_a_bad_cosignature_of_a_known_witness_refuses_the_note(keys):
    log, witnesses = keys
    known = [witnesses[0].verifier]
    other_text = checkpoint_body(HEAD._replace(size=70_001))
    stolen = witnesses[0].cosignature(other_text, 1_000)
    text = signed(keys) + stolen.line + "\n"
    with pytest.raises(NoteRefused, match="expected a cosignature of"):
        witnessed(text, log.verifier, known, 1)
    earlier = stolen.payload[:7] + b"\0" + stolen.payload[8:]  # Another time than was signed.
    with pytest.raises(NoteRefused, match="expected a cosignature of"):
        cosignatures(f"{other_text}\n{stolen._replace(payload=earlier).line}\n", known)


def test_log_and_witness_have_different_ids_for_one_key():
    key = VerifierKey("a.example/x", 1, ROOT)
    assert key.id != key._replace(algorithm=COSIGNATURE).id
    with pytest.raises(NoteRefused):
        signature_of("\u2014 a.example/x " + b64encode(key.id).decode())


def small_orders():
    """Give every spelling of a point whose order divides 8, and of y beyond the prime."""
    prime = 2**255 - 19
    eight = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
    ys = (0, 1, prime - 1, eight, prime - eight, prime, prime + 1)
    return [(y | sign << 255).to_bytes(32, "little") for y in ys for sign in (0, 1)]


@pytest.mark.parametrize("point", small_orders(), ids=bytes.hex)
def test_a_key_that_anybody_can_sign_for_is_refused(point):
    key = VerifierKey("anybody.example", 1, point)
    with pytest.raises(NoteRefused, match="expected a key of large order"):
        vkey_of(key.text)
