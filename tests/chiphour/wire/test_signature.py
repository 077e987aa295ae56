"""SIGNATURE: what is signed is admitted, one changed byte is not, and a refusal tells no secret.

Takes   texts signed here with `hashlib` and `hmac` alone, and keys made here.
Gives   the claims of `wire/signature.py`, each a test.
Keeps   the expected texts written out, not made by what is tested.
Source  Deribit's API v2, "Authentication"; RFC 4231 for the secret's form; RFC 8032.
"""

import base64
import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from chiphour.wire import signature as signing
from chiphour.wire.signature import HMAC
from chiphour.wire.signature import Claim
from chiphour.wire.signature import Form
from chiphour.wire.signature import SignInRefused
from chiphour.wire.signature import Verifier
from chiphour.wire.signature import Why
from chiphour.wire.signature import check_signature
from chiphour.wire.signature import http_claim
from chiphour.wire.signature import logon_claim
from chiphour.wire.signature import public_verifier
from chiphour.wire.signature import session_claim

SECRET = b"q8Hh0_3VgYz-1xYt5tq0bVdVg4mTQkz9o2sJm1a7WcE"
VERIFIER = Verifier(HMAC, SECRET)
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw().hex()
TARGET = b"/api/v2/private/buy?instrument_name=H100SXMOD_USDC-PERPETUAL&label=a%20b"
BODY = b'{"amount":10}'
HTTP_TEXT = b"1700000000000\nn0nce\nPOST\n" + TARGET + b"\n" + BODY + b"\n"


def mac(text: bytes, secret: bytes = SECRET) -> str:
    return hmac.new(secret, text, hashlib.sha256).hexdigest()


def header(sig: str, ts="1700000000000", nonce="n0nce", scheme="deri-hmac-sha256") -> str:
    return f"{scheme} id=k1,ts={ts},sig={sig},nonce={nonce}"


def asked(text: bytes, secret: bytes = SECRET):
    """Give the claim of the request above when this text was signed for it."""
    return http_claim(header(mac(text, secret)), "POST", TARGET, BODY)


def refusal(claim, verifier=VERIFIER, test_mode=False) -> SignInRefused:
    with pytest.raises(SignInRefused) as caught:
        check_signature(claim, verifier, test_mode)
    return caught.value


def test_a_signed_request_is_admitted():
    claim = asked(HTTP_TEXT)
    check_signature(claim, VERIFIER)
    assert claim.text == HTTP_TEXT
    assert (claim.key_id, claim.time_ms, claim.nonce) == ("k1", 1_700_000_000_000, "n0nce")


def test_a_get_without_a_body_signs_an_empty_line():
    text = b"1700000000000\nn0nce\nGET\n/api/v2/private/get_positions\n\n"
    claim = http_claim(header(mac(text)), "GET", b"/api/v2/private/get_positions", b"")
    check_signature(claim, VERIFIER)


def test_the_fields_of_a_header_come_in_any_order():
    line = f"deri-hmac-sha256 nonce=n0nce,sig={mac(HTTP_TEXT)},ts=1700000000000,id=k1"
    check_signature(http_claim(line, "POST", TARGET, BODY), VERIFIER)


@pytest.mark.parametrize("data", ["", "hello", "Zürich"])
def test_a_signed_session_is_admitted(data):
    text = f"1700000000000\nn0nce\n{data}".encode()
    check_signature(session_claim("k1", "1700000000000", "n0nce", data, mac(text)), VERIFIER)


def test_a_signed_logon_is_admitted():
    raw = "1700000000000.bm9uY2U="
    password = base64.b64encode(hashlib.sha256(raw.encode() + SECRET).digest()).decode()
    claim = logon_claim("k1", raw, password)
    check_signature(claim, VERIFIER)
    assert claim.nonce == "bm9uY2U="


def test_a_public_key_checks_the_same_texts():
    verifier = public_verifier(PUBLIC)
    line = header(PRIVATE.sign(HTTP_TEXT).hex(), scheme="chiphour-ed25519")
    check_signature(http_claim(line, "POST", TARGET, BODY), verifier)
    signed = PRIVATE.sign(b"1700000000000\nn0nce\n").hex()
    check_signature(session_claim("k1", "1700000000000", "n0nce", "", signed), verifier)
    password = base64.b64encode(PRIVATE.sign(b"1700000000000.n0nce")).decode()
    check_signature(logon_claim("k1", "1700000000000.n0nce", password), verifier)


def test_a_public_key_is_no_secret():
    """Who knows the public key signs nothing by taking it for a secret."""
    material = bytes.fromhex(PUBLIC)
    claim = asked(HTTP_TEXT, material)
    assert refusal(claim, public_verifier(PUBLIC)).why is Why.SIGNATURE


@pytest.mark.parametrize("point", [0, 1, 2**255 - 20])
def test_a_public_key_that_anybody_can_sign_for_is_refused(point):
    with pytest.raises(SignInRefused, match="large order"):
        public_verifier(point.to_bytes(32, "little").hex())


@pytest.mark.parametrize("written", ["", "00", "g" * 64, "0" * 65, "\u0661" * 64])
def test_a_public_key_of_another_form_is_refused(written):
    with pytest.raises(SignInRefused, match="64 hexadecimal digits"):
        public_verifier(written)


CHANGES = st.sampled_from(["method", "path", "body", "ts", "nonce", "sig", "scheme", "id"])


@given(part=CHANGES, data=st.data(), private=st.booleans())
def test_any_changed_byte_is_refused(part, data, private):
    """Change one byte of a signed request: it is refused, or was the id, which names the key."""
    scheme = "chiphour-ed25519" if private else "deri-hmac-sha256"
    sig = PRIVATE.sign(HTTP_TEXT).hex() if private else mac(HTTP_TEXT)
    parts = {"method": b"POST", "path": TARGET, "body": BODY, "ts": b"1700000000000"}
    parts |= {"nonce": b"n0nce", "sig": sig.encode(), "scheme": scheme.encode(), "id": b"k1"}
    found = bytearray(parts[part])
    at = data.draw(st.integers(0, len(found) - 1))
    found[at] ^= data.draw(st.integers(1, 255))
    parts[part] = bytes(found)
    word = {name: value.decode("latin-1") for name, value in parts.items()}
    line = f"{word['scheme']} id={word['id']},ts={word['ts']},sig={word['sig']}"
    verifier = public_verifier(PUBLIC) if private else VERIFIER
    try:
        claim = http_claim(
            f"{line},nonce={word['nonce']}", word["method"], parts["path"], parts["body"]
        )
        check_signature(claim, verifier)
    except SignInRefused:
        return
    assert part == "id"
    assert claim.key_id != "k1"


@given(data=st.data())
def test_any_changed_byte_of_a_logon_is_refused(data):
    raw = "1700000000000.n0nce"
    password = base64.b64encode(hashlib.sha256(raw.encode() + SECRET).digest()).decode()
    whole = f"{raw} {password}".encode()
    at = data.draw(st.integers(0, len(whole) - 1).filter(lambda at: at != len(raw)))
    changed = bytearray(whole)
    changed[at] ^= data.draw(st.integers(1, 127))
    text = changed.decode("latin-1")
    with pytest.raises(SignInRefused):
        check_signature(logon_claim("k1", text[: len(raw)], text[len(raw) + 1 :]), VERIFIER)


def test_a_password_has_one_spelling():
    """The last letter of base64 carries bits that a decoder drops: they must be zero."""
    raw = "1700000000000.n0nce"
    password = base64.b64encode(hashlib.sha256(raw.encode() + SECRET).digest()).decode()
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = password[:-2] + letters[letters.index(password[-2]) + 1] + "="
    assert base64.b64decode(other) == base64.b64decode(password)
    with pytest.raises(SignInRefused, match="Password"):
        logon_claim("k1", raw, other)


def test_nobody_signs_for_an_id_that_nobody_has():
    """The key that stands in for an unknown one is known to all, and admits nothing."""
    assert refusal(asked(HTTP_TEXT, signing.NOBODY), None).why is Why.SIGNATURE
    assert refusal(asked(HTTP_TEXT, signing.NOBODY), public_verifier(PUBLIC)).why is Why.SIGNATURE


@given(line=st.text(max_size=60), body=st.binary(max_size=20), target=st.binary(max_size=20))
def test_whatever_comes_is_a_claim_or_one_refusal(line, body, target):
    for scheme in ("", "deri-hmac-sha256 ", "deri-hmac-sha256 id=k,ts=1,nonce=a,sig="):
        with pytest.raises(SignInRefused):
            http_claim(scheme + line, "GET", target, body)
    with pytest.raises(SignInRefused):
        logon_claim(line, line, line)
    with pytest.raises(SignInRefused):
        session_claim(line, line, line, line, line)


SIG = "0" * 64


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("", "header"),
        ("Bearer abc", "header"),
        (f"deri-hmac-sha256 id=k1,ts=1,sig={SIG}", "header"),
        (f"deri-hmac-sha256 id=k1,ts=1,sig={SIG},nonce=a,nonce=b", "header"),
        (f"deri-hmac-sha256 id=k1,ts=1,sig={SIG},nonce=a,x=b", "header"),
        (f"deri-hmac-sha256 id=k1, ts=1, sig={SIG}, nonce=a", "header"),
        (f"deri-hmac-sha256  id=k1,ts=1,sig={SIG},nonce=a", "header"),
        (f"deri-hmac-sha256 id=,ts=1,sig={SIG},nonce=a", "id"),
        (f"deri-hmac-sha256 id={'k' * 33},ts=1,sig={SIG},nonce=a", "id"),
        (f"deri-hmac-sha256 id=k1,ts=01,sig={SIG},nonce=a", "ts"),
        (f"deri-hmac-sha256 id=k1,ts=-1,sig={SIG},nonce=a", "ts"),
        (f"deri-hmac-sha256 id=k1,ts=12345678901234,sig={SIG},nonce=a", "ts"),
        (f"deri-hmac-sha256 id=k1,ts=1,sig={SIG},nonce=", "nonce"),
        (f"deri-hmac-sha256 id=k1,ts=1,sig={SIG},nonce={'a' * 129}", "nonce"),
        (f"deri-hmac-sha256 id=k1,ts=1,sig={SIG},nonce=a\nb", "nonce"),
        (f"deri-hmac-sha256 id=k1,ts=1,sig={'A' * 64},nonce=a", "sig"),
        (f"deri-hmac-sha256 id=k1,ts=1,sig={SIG}{SIG},nonce=a", "sig"),
        (f"chiphour-ed25519 id=k1,ts=1,sig={SIG},nonce=a", "sig"),
        (f"deri-hmac-sha256 {'x' * 496}", "header: expected at most 512 characters, found 513"),
    ],
)
def test_a_header_has_one_form(line, part):
    with pytest.raises(SignInRefused, match=f"{part.partition(':')[0]}: expected") as caught:
        http_claim(line, "GET", b"/", b"")
    assert (caught.value.code, caught.value.why) == (13004, Why.MALFORMED)
    assert part in str(caught.value)
    assert SIG not in str(caught.value)


@pytest.mark.parametrize("target", [b"", b"x", b"/a b", b"/a\nb", b"/" + b"a" * (1 << 17)])
def test_a_path_that_no_request_has_is_refused(target):
    with pytest.raises(SignInRefused, match="path"):
        http_claim(header(SIG), "GET", target, b"")


def test_a_body_beyond_the_bound_is_refused():
    with pytest.raises(SignInRefused, match="body: expected at most 65536 bytes"):
        http_claim(header(SIG), "GET", b"/", bytes(65_537))


@pytest.mark.parametrize("data", ["POST\n/\n\n", "a\rb", "\udc80", "x" * 257])
def test_the_data_of_a_session_cannot_be_a_request(data):
    """With newlines in it, a session would sign what a request signs."""
    with pytest.raises(SignInRefused, match="data"):
        session_claim("k1", "1", "n", data, SIG)


@given(nonce=st.from_regex(r"[A-Za-z0-9_.~+/=-]{1,8}", fullmatch=True), data=st.text(max_size=8))
def test_no_two_forms_share_a_text(nonce, data):
    data = "".join(each for each in data if each.isprintable())
    texts = {
        signing.canonical_text(Form.HTTP, 1, nonce, (b"GET", b"/", data.encode())),
        signing.canonical_text(Form.SESSION, 1, nonce, (data.encode(),)),
        signing.canonical_text(Form.FIX, 1, nonce, ()),
    }
    assert len(texts) == 3
    assert sorted(text.count(b"\n") for text in texts) == [0, 2, 5]


PATH = TARGET.partition(b"?")[0]
STAMP = b"1700000000000\nn0nce\n"


@pytest.mark.parametrize(
    ("text", "part", "hint"),
    [
        (HTTP_TEXT[:-1], "end", "no newline"),
        (HTTP_TEXT + b"\n", "end", "too many"),
        (HTTP_TEXT.replace(b"POST", b"post"), "method", "post"),
        (HTTP_TEXT.replace(b"POST", b"GET"), "method", "GET"),
        (HTTP_TEXT.replace(TARGET, PATH), "path", "without its query"),
        (HTTP_TEXT.replace(b"%20", b" "), "path", "decoded"),
        (HTTP_TEXT.replace(b"/api/v2", b""), "path", "beginning"),
        (HTTP_TEXT.replace(BODY, b""), "body", "empty"),
        (STAMP + b"POST\n" + TARGET + b"\n", "body", "line of the body"),
        (HTTP_TEXT.replace(b"1700000000000", b"1700000000"), "ts", "seconds"),
        (HTTP_TEXT.replace(b"n0nce", b""), "nonce", "no nonce"),
        (HTTP_TEXT.replace(STAMP, b"n0nce\n1700000000000\n"), "ts", "before the time"),
        (HTTP_TEXT.replace(b"\n", b"\r\n"), "separator", "CR LF"),
        (HTTP_TEXT.replace(b"\n", b"\\n"), "separator", "backslash"),
        (HTTP_TEXT.replace(b"\n", b""), "separator", "nothing"),
        (STAMP, "form", "session"),
        (b"something else", "text or secret", "byte by byte"),
    ],
)
def test_test_mode_says_which_part_differs(text, part, hint):
    fault = refusal(asked(text), test_mode=True)
    assert fault.explanation.part == part
    assert hint in fault.explanation.hint
    assert fault.explanation.text == HTTP_TEXT
    assert fault.data["text"] == HTTP_TEXT.decode()
    assert fault.data["text_sha256"] == hashlib.sha256(HTTP_TEXT).hexdigest()


def test_test_mode_names_an_unknown_id_and_another_algorithm():
    assert refusal(asked(HTTP_TEXT), None, True).explanation.part == "id"
    said = refusal(asked(HTTP_TEXT), public_verifier(PUBLIC), True).explanation
    assert (said.part, said.hint) == ("sig", "this key signs with ed25519")


def test_test_mode_knows_a_secret_that_was_decoded():
    raw = base64.urlsafe_b64decode(SECRET + b"=")
    assert refusal(asked(HTTP_TEXT, raw), test_mode=True).explanation.part == "secret"


WHOLE = {
    Form.HTTP: (b"POST", b"/api/v2/x?y=%20", b" {} "),
    Form.SESSION: (b"data",),
    Form.FIX: (),
}


@pytest.mark.parametrize("form", Form)
def test_every_mistake_that_is_tried_can_be_told(form):
    """Sign each wrong text: it is told by its own hint, so no try is in vain."""
    claim = Claim(form, HMAC, "k", 1_700_000_000_000, "n", WHOLE[form], b"")
    tried = list(signing._mistakes(claim))
    assert len(tried) > 8
    for part, hint, other, text in tried:
        made = claim._replace(signature=signing.secret_signature(other, text, SECRET))
        said = refusal(made, test_mode=True).explanation
        assert (said.part, said.hint) == (part, hint)


def test_the_first_mistake_that_fits_ends_the_search(monkeypatch):
    """A search is done while others wait: the proof, and the first try, are all that is made."""
    made = []
    real = signing._fits
    monkeypatch.setattr(signing, "_fits", lambda *words: made.append(words) or real(*words))
    claim = asked(HTTP_TEXT.replace(b"1700000000000", b"1700000000"))
    assert refusal(claim, test_mode=True).explanation.part == "ts"
    assert len(made) == 2


@pytest.mark.parametrize("verifier", [None, VERIFIER, public_verifier(PUBLIC)])
def test_an_unknown_key_takes_the_work_of_a_known_one(monkeypatch, verifier):
    """One proof is made, of the kind that the claim names, whoever has the id."""
    made = []
    real = signing._fits
    monkeypatch.setattr(signing, "_fits", lambda *words: made.append(words[3]) or real(*words))
    refusal(asked(b"x"), verifier)
    assert [each.algorithm for each in made] == [HMAC]


def test_test_mode_explains_a_session_and_a_logon():
    claim = session_claim("k1", "1700000000000", "n0nce", "", mac(b"1700000000000\nn0nce"))
    said = refusal(claim, test_mode=True).explanation
    assert (said.part, said.hint) == ("data", "you left out the newline before the data")
    wrong = hmac.new(SECRET, b"1700000000000.n0nce", hashlib.sha256).digest()
    claim = logon_claim("k1", "1700000000000.n0nce", base64.b64encode(wrong).decode())
    said = refusal(claim, test_mode=True).explanation
    assert (said.part, "this text as for a session" in said.hint) == ("form", True)


def test_an_explanation_holds_no_secret_and_no_signature_that_would_be_admitted():
    for text in (HTTP_TEXT[:-1], b"something else"):
        fault = refusal(asked(text), test_mode=True)
        told = f"{fault} {fault.data} {fault.explanation} {VERIFIER!r}"
        assert SECRET.decode() not in told
        assert mac(HTTP_TEXT) not in told
        assert mac(text) not in told


def test_without_test_mode_unknown_and_wrong_are_told_the_same():
    unknown, wrong = refusal(asked(HTTP_TEXT), None), refusal(asked(b"x"))
    other = refusal(asked(HTTP_TEXT), public_verifier(PUBLIC))
    assert unknown.data == wrong.data == other.data
    assert unknown.explanation is None
    assert (wrong.code, wrong.message) == (13004, "invalid_credentials")


def test_a_long_text_is_shown_in_part():
    claim = http_claim(header(SIG), "POST", TARGET, b"\xff" * 60_000)
    data = refusal(claim, test_mode=True).data
    assert len(data["text"]) < 20_000
    assert data["text_sha256"] == hashlib.sha256(claim.text).hexdigest()
