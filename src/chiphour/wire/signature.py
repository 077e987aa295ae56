"""SIGNATURE: what a member signs to be believed: pure.

Takes   the header, params or fields that a stranger sent, and what they are said to sign; the
        `Verifier` of a key.
Gives   a `Claim` and the text that it signs; `check_signature`, which returns, or raises
        `SignInRefused`.
Keeps   one spelling of everything signed, so that one changed byte is refused. No two forms share
        a text. Signatures are compared in constant time; an unknown key takes as long as a known
        one and is told the same.
Source  Deribit's API v2, "Authentication", and its FIX logon; RFC 2104; RFC 8032.

    form     text                                             signature of a secret
    HTTP     ts \\n nonce \\n METHOD \\n path?query \\n body \\n     HMAC-SHA256(secret, text), hex
    session  ts \\n nonce \\n data                              HMAC-SHA256(secret, text), hex
    FIX      ts.nonce, which is RawData (96)                  SHA-256(text secret), base64, in 554

`ts` is in milliseconds; the path is as it came, before any decoding. A key with a public key in
place of a secret signs the same texts with Ed25519, written alike; its HTTP scheme has a name of
its own. The secret is the text that was shown, its characters as bytes. `data` has no newline:
else who saw the signature of a request could begin a session with it.

Why an explanation is no oracle. In test mode a refusal says which part differs: it tries a fixed
list of texts that clients sign by mistake, and tells the first that the signature sent fits. It
holds the sender's own bytes, a name from that list, and nothing made with the secret. To make a
try fit, one must already have a signature by that key: all that can be asked is "does this
signature fit this text", which HMAC and Ed25519 are made to withstand, and a fit admits nothing.
It also says that an id is unknown, which is no secret, yet is told in test mode alone.

    MarketError
    └── SignInRefused   why, the dialect's code and message, a reason; in test mode an explanation
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterator
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple
from typing import NoReturn

from chiphour.index.note import ED25519 as NOTE_ED25519
from chiphour.index.note import KEY_BYTES
from chiphour.index.note import NoteRefused
from chiphour.index.note import VerifierKey
from chiphour.index.note import is_signed_by
from chiphour.index.note import vkey_of
from chiphour.observe.observation import MarketError
from chiphour.wire.jsonrpc import REQUEST_BYTES_MAX

HMAC = "hmac-sha256"
ED25519 = "ed25519"
SCHEMES = {"deri-hmac-sha256": HMAC, "chiphour-ed25519": ED25519}
SIGNATURE_BYTES = {32: HMAC, 64: ED25519}  # A length tells the algorithm where no scheme does.
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
HEADER_LENGTH_MAX = 512
BODY_BYTES_MAX = REQUEST_BYTES_MAX
TARGET_BYTES_MAX = REQUEST_BYTES_MAX + 128  # A query, and the path before it.
DATA_LENGTH_MAX = 256
SHOWN_BYTES_MAX = 4_096  # Of a text that an explanation repeats.
HEADER_FORM = "SCHEME id=K,ts=MS,sig=HEX,nonce=N"
NOBODY = bytes(KEY_BYTES)  # Stands in for the key of nobody, for the time that it takes.

_TIME = re.compile(r"[1-9][0-9]{0,12}")
_NONCE = re.compile(r"[A-Za-z0-9_.~+/=-]{1,128}")
_HEX = re.compile(r"(?:[0-9a-f]{64}){1,2}")
_METHOD = re.compile(r"[A-Z]{1,16}")
_TARGET = re.compile(rb"/[\x21-\x7e\x80-\xff]*")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_RAW_DATA = re.compile(r"([0-9]+)\.(.+)")


class Why(StrEnum):
    """Why a sign-in is refused: the word of the audit trail."""

    MALFORMED = "malformed"
    SIGNATURE = "signature"
    TOKEN = "token"
    REUSED = "reused"
    REVOKED = "revoked"
    EXPIRED = "expired"
    ADDRESS = "address"
    CLOCK = "clock"
    REPLAY = "replay"
    SCOPE = "scope"
    CONTRACT = "contract"
    FULL = "full"


_INVALID = (13004, "invalid_credentials")
_UNAUTHORIZED = (13009, "unauthorized")
_FORBIDDEN = (13021, "forbidden")
CODES: dict[Why, tuple[int, str]] = {
    Why.MALFORMED: _INVALID,
    Why.SIGNATURE: _INVALID,
    Why.TOKEN: _UNAUTHORIZED,
    Why.REUSED: _UNAUTHORIZED,
    Why.REVOKED: _UNAUTHORIZED,
    Why.EXPIRED: _UNAUTHORIZED,
    Why.ADDRESS: _UNAUTHORIZED,
    Why.CLOCK: _UNAUTHORIZED,
    Why.REPLAY: _UNAUTHORIZED,
    Why.SCOPE: _FORBIDDEN,
    Why.CONTRACT: _FORBIDDEN,
    Why.FULL: (10028, "too_many_requests"),
}
assert set(CODES) == set(Why)


class Form(StrEnum):
    """What is signed."""

    HTTP = "http"
    SESSION = "session"
    FIX = "fix"


class Claim(NamedTuple):
    """Who somebody says to be, and the proof.

    `parts` are those of the form: of HTTP method, target and body; of a session its data; of FIX
    none.
    """

    form: Form
    algorithm: str
    key_id: str
    time_ms: int
    nonce: str
    parts: tuple[bytes, ...]
    signature: bytes

    @property
    def text(self) -> bytes:
        """Give the text that is signed."""
        return canonical_text(self.form, self.time_ms, self.nonce, self.parts)


class Verifier(NamedTuple):
    """What checks the signatures of a key: a secret's characters, or the 32 bytes of a public key.

    It is never shown: its `repr` names the algorithm alone.
    """

    algorithm: str
    material: bytes

    def __repr__(self) -> str:
        """Show no secret."""
        return f"Verifier({self.algorithm!r})"


class Explanation(NamedTuple):
    """Which part of a bad signature differs, how, and the text that we expected to be signed."""

    part: str
    hint: str
    text: bytes


class SignInRefused(MarketError):
    """Somebody is not let in. `explanation` is there in test mode alone.

    `key_id` is that of the key which was proved, or "".
    """

    def __init__(
        self, why: Why, reason: str, explanation: Explanation | None = None, key_id: str = ""
    ) -> None:
        """Keep what the answer says; neither holds anything made with a secret."""
        self.key_id = key_id
        self.why = why
        self.code, self.message = CODES[why]
        self.reason = reason
        self.explanation = explanation
        super().__init__(f"{self.code} {self.message}: {reason}")

    @property
    def data(self) -> dict[str, str]:
        """Give what the dialect's error has in `data`."""
        if self.explanation is None:
            return {"reason": self.reason}
        part, hint, text = self.explanation
        shown = text[:SHOWN_BYTES_MAX].decode("utf-8", "backslashreplace")
        told = {"part": part, "hint": hint, "text": shown, "text_sha256": sha256(text).hexdigest()}
        return {"reason": self.reason} | told


def http_claim(authorization: str, method: str, target: bytes, body: bytes) -> Claim:
    """Read the header `Authorization` of a request; raises SignInRefused.

    `target` is the path with its query as they came, before any decoding.
    """
    if len(authorization) > HEADER_LENGTH_MAX:
        _malformed("header", f"at most {HEADER_LENGTH_MAX} characters", f"{len(authorization)}")
    scheme, _, rest = authorization.partition(" ")
    if scheme not in SCHEMES:
        _malformed("header", f"the scheme {' or '.join(SCHEMES)}", "another")
    pairs = [pair.partition("=") for pair in rest.split(",")]
    fields = {name: value for name, _, value in pairs}
    if len(pairs) != 4 or set(fields) != {"id", "ts", "sig", "nonce"}:
        _malformed("header", HEADER_FORM, "other fields")
    if not _METHOD.fullmatch(method):
        _malformed("method", "a method in capitals", "another")
    if len(target) > TARGET_BYTES_MAX or not _TARGET.fullmatch(target):
        _malformed("path", f"/..., at most {TARGET_BYTES_MAX} bytes without spaces", "another")
    if len(body) > BODY_BYTES_MAX:
        _malformed("body", f"at most {BODY_BYTES_MAX} bytes", f"{len(body)}")
    signature = _from_hex(fields["sig"])
    if SIGNATURE_BYTES[len(signature)] != SCHEMES[scheme]:
        _malformed("sig", f"a signature as {scheme} makes it", f"{len(signature)} bytes")
    parts = (method.encode(), target, body)
    return _claim(Form.HTTP, fields["id"], (fields["ts"], fields["nonce"]), parts, signature)


def session_claim(key_id: str, timestamp: str, nonce: str, data: str, signature: str) -> Claim:
    """Read the params of `client_signature`, each as its text; raises SignInRefused."""
    if len(data) > DATA_LENGTH_MAX or not data.isprintable():
        _malformed("data", f"at most {DATA_LENGTH_MAX} characters without newlines", "another text")
    stamp = (timestamp, nonce)
    return _claim(Form.SESSION, key_id, stamp, (data.encode(),), _from_hex(signature))


def logon_claim(key_id: str, raw_data: str, password: str) -> Claim:
    """Read Username (553), RawData (96) and Password (554) of a logon; raises SignInRefused."""
    found = _RAW_DATA.fullmatch(raw_data)
    if not found:
        _malformed("RawData", "ts.nonce", "another text")
    return _claim(Form.FIX, key_id, (found[1], found[2]), (), _from_base64(password))


def canonical_text(form: Form, time_ms: int, nonce: str, parts: tuple[bytes, ...]) -> bytes:
    """Write the text of a form; the parts are those of a `Claim`."""
    stamp = (str(time_ms).encode(), nonce.encode())
    if form is Form.FIX:
        return b".".join(stamp)
    end = (b"",) if form is Form.HTTP else ()
    return b"\n".join((*stamp, *parts, *end))


def secret_signature(form: Form, text: bytes, secret: bytes) -> bytes:
    """Sign a text with a secret, as the form has it: 32 bytes."""
    if form is Form.FIX:
        return sha256(text + secret).digest()
    return hmac.digest(secret, text, "sha256")


def public_verifier(written: str) -> Verifier:
    """Read an Ed25519 public key, 64 hexadecimal digits; raises SignInRefused.

    A key of small order is refused: anybody can sign for it.
    """
    if not re.fullmatch(r"[0-9a-fA-F]{64}", written):
        _malformed("public key", "64 hexadecimal digits", f"{len(written)} characters")
    material = bytes.fromhex(written)
    try:
        vkey_of(_note_key(material).text)
    except NoteRefused:
        _malformed("public key", "a point of large order", "one that anybody can sign for")
    return Verifier(ED25519, material)


def check_signature(claim: Claim, verifier: Verifier | None, test_mode: bool = False) -> None:
    """Return where the claim is signed by the key, else raise SignInRefused.

    Without a verifier, that is for an id that nobody has, it refuses after the same work.
    """
    known = verifier if verifier and verifier.algorithm == claim.algorithm else None
    tried = known or Verifier(claim.algorithm, NOBODY)
    fits = _fits(claim.form, claim.text, claim.signature, tried)
    if known and fits:
        return
    raise SignInRefused(
        Why.SIGNATURE,
        "expected the signature of a key that is known here over this text, found another",
        explain(claim, verifier) if test_mode else None,
    )


def refuse(why: Why, expected: str, found: str, key_id: str = "") -> NoReturn:
    """Raise SignInRefused; `key_id` is that of a key which was proved."""
    raise SignInRefused(why, f"expected {expected}, found {found}", key_id=key_id)


def explain(claim: Claim, verifier: Verifier | None) -> Explanation:
    """Say which part of a bad signature differs; for test mode alone."""
    text = claim.text
    if verifier is None:
        return Explanation("id", "no key has this id", text)
    if verifier.algorithm != claim.algorithm:
        return Explanation("sig", f"this key signs with {verifier.algorithm}", text)
    for part, hint, form, mistaken in _mistakes(claim):
        if _fits(form, mistaken, claim.signature, verifier):
            return Explanation(part, hint, text)
    decoded = Verifier(claim.algorithm, _decoded(verifier.material))
    if claim.algorithm == HMAC and _fits(claim.form, text, claim.signature, decoded):
        return Explanation("secret", "you decoded the secret: use its characters", text)
    hint = "no usual mistake: compare this text with yours byte by byte, then look at the secret"
    return Explanation("text or secret", hint, text)


Mistake = tuple[str, str, Form, bytes]


def _mistakes(claim: Claim) -> Iterator[Mistake]:
    """Yield what clients sign by mistake: the part, how it differs, the form and the text.

    Only what a claim of this form can have: the first that fits is told, the rest is not tried.
    """
    yield from _mistaken_lines(claim)
    yield from _mistaken_joints(claim)
    yield from _mistaken_ends(claim)
    yield from _mistaken_forms(claim)


def _mistaken_lines(claim: Claim) -> Iterator[Mistake]:
    time_text, nonce = str(claim.time_ms).encode(), claim.nonce.encode()
    seconds = str(claim.time_ms // 1_000).encode()
    end = (b"",) if claim.form is Form.HTTP else ()
    joint = b"." if claim.form is Form.FIX else b"\n"
    lines = [
        ("ts", "you signed seconds: sign the milliseconds", (seconds, nonce, *claim.parts)),
        ("nonce", "you signed no nonce", (time_text, b"", *claim.parts)),
        ("ts", "you signed the nonce before the time", (nonce, time_text, *claim.parts)),
    ]
    for part, hint, parts in _mistaken_parts(claim):
        lines.append((part, hint, (time_text, nonce, *parts)))
    for part, hint, line in lines:
        yield part, hint, claim.form, joint.join((*line, *end))


def _mistaken_parts(claim: Claim) -> Iterator[tuple[str, str, tuple[bytes, ...]]]:
    if claim.form is Form.SESSION:
        yield "data", "you signed no data", (b"",)
        yield "data", "you left out the newline before the data", ()
    if claim.form is not Form.HTTP:
        return
    method, target, body = claim.parts
    path = target.partition(b"?")[0]
    for other in sorted({method.lower(), b"GET", b"POST"} - {method}):
        yield "method", f"you signed {other.decode()}", (other, target, body)
    for other, hint in (
        (path, "you signed the path without its query"),
        (target + b"?", "you signed a question mark at the end of the path"),
        (_PERCENT.sub(_byte_of, target), "you signed the path decoded: sign it as it is sent"),
        (b"/" + target.split(b"/", 3)[-1], "you left out the beginning of the path"),
    ):
        yield "path", hint, (method, other, body)
    yield "body", "you signed an empty body", (method, target, b"")
    yield "body", "you signed the body without spaces around it", (method, target, body.strip())
    yield "body", "you left out the line of the body", (method, target)


def _mistaken_joints(claim: Claim) -> Iterator[Mistake]:
    end = (b"",) if claim.form is Form.HTTP else ()
    whole = (str(claim.time_ms).encode(), claim.nonce.encode(), *claim.parts, *end)
    joints = [
        (b"\r\n", "you put CR LF between the parts"),
        (b"\\n", "you put a backslash and an n between the parts"),
        (b"", "you put nothing between the parts"),
    ]
    if claim.form is Form.FIX:
        joints = [(b"\n", "you put newlines between the parts"), *joints]
    for wrong, hint in joints:
        yield "separator", hint, claim.form, wrong.join(whole)


def _mistaken_ends(claim: Claim) -> Iterator[Mistake]:
    if claim.form is Form.HTTP:
        yield "end", "you signed no newline at the end", claim.form, claim.text.removesuffix(b"\n")
    yield "end", "you signed a newline too many at the end", claim.form, claim.text + b"\n"


def _mistaken_forms(claim: Claim) -> Iterator[Mistake]:
    """Yield the texts of the other forms; a request and a session are signed alike."""
    for other, name in ((Form.SESSION, "session"), (Form.FIX, "FIX logon")):
        if other is claim.form:
            continue
        sole = canonical_text(other, claim.time_ms, claim.nonce, (b"",))
        yield "form", f"you signed as for a {name}", other, sole
        if Form.FIX in (other, claim.form):
            yield "form", f"you signed this text as for a {name}", other, claim.text


def _fits(form: Form, text: bytes, signature: bytes, verifier: Verifier) -> bool:
    if verifier.algorithm == ED25519:
        return is_signed_by(_note_key(verifier.material), text, signature)
    return hmac.compare_digest(secret_signature(form, text, verifier.material), signature)


def _note_key(material: bytes) -> VerifierKey:
    return VerifierKey("member", NOTE_ED25519, material)


def _claim(
    form: Form, key_id: str, stamp: tuple[str, str], parts: tuple[bytes, ...], signature: bytes
) -> Claim:
    time_ms, nonce = stamp
    if not KEY_ID.fullmatch(key_id):
        _malformed("id", "1 to 32 letters, digits, - and _", f"{len(key_id)} characters")
    if not _TIME.fullmatch(time_ms):
        _malformed("ts", "milliseconds, at most 13 digits", f"{len(time_ms)} characters")
    if not _NONCE.fullmatch(nonce):
        _malformed("nonce", "1 to 128 letters, digits and _.~+/=-", f"{len(nonce)} characters")
    algorithm = SIGNATURE_BYTES[len(signature)]
    return Claim(form, algorithm, key_id, int(time_ms), nonce, parts, signature)


def _from_hex(text: str) -> bytes:
    if not _HEX.fullmatch(text):
        _malformed("sig", "64 or 128 hexadecimal digits in lower case", f"{len(text)} characters")
    return bytes.fromhex(text)


def _from_base64(text: str) -> bytes:
    """Read base64 that has one spelling: its last letter carries no bits that are lost."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) not in SIGNATURE_BYTES or base64.b64encode(found).decode() != text:
        _malformed("Password", "base64 of 32 or 64 bytes", f"{len(text)} characters")
    return found


def _byte_of(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found[1].decode())


def _decoded(secret: bytes) -> bytes:
    try:
        return base64.urlsafe_b64decode(secret + b"=" * (-len(secret) % 4))
    except binascii.Error:
        return secret


def _malformed(part: str, expected: str, found: str) -> NoReturn:
    """Refuse what is malformed; nothing of it is repeated, for it may hold a secret."""
    raise SignInRefused(Why.MALFORMED, f"{part}: expected {expected}, found {found}")
