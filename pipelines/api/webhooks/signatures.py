"""The signatures of senders that sign what they post: a right one needs no key (docs/senders).

Secrets come from the environment alone (SEC-2). Belongs here: how each sender signs. Does not: certificates (`certificates`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers

from pipelines.api.answers import ApiError
from pipelines.declarations.events import Signature

_SENDGRID = "x-twilio-email-event-webhook-"
_SNS = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_OF_KIND = {"Notification": ("Subject",), "": ("SubscribeURL", "Token")}
_AGE = 24 * 3600.0
"""Mailgun tries again for eight hours; what was signed longer ago is somebody else's copy of it."""
_MOST_TOKENS = 10_000
Certificates = Callable[[str], bytes]
"""The certificate of an address, in PEM."""


@dataclass(frozen=True)
class SignedPost:
    """A post as it came. `document`: its body, where that is one object of JSON."""

    headers: Headers
    body: bytes
    document: Mapping[str, Any] | None


class Signatures:
    """Judges the signatures of posts. `environ` holds the secrets, `certificates` finds those of Amazon SNS."""

    def __init__(self, environ: Mapping[str, str], certificates: Certificates) -> None:
        self._environ, self._certificates = environ, certificates
        self._tokens = _Tokens()

    def require(self, signature: Signature, event_import: str, post: SignedPost) -> None:
        """ApiError 403 where the signature is not the sender's; 503 where no secret says what it should be."""
        name = secret_of(event_import)
        secret = self._environ.get(name, "").strip()
        if not secret:
            raise ApiError(503, "NotSetUp", f"Posts to {event_import!r} cannot be judged yet.", f"Set {name}.")
        if not self._holds(signature, secret, post):
            hint = f"{name} is to be the sender's own, and nothing on the way may change the body."
            raise ApiError(403, "WrongSignature", "The signature of the post is not right; nothing was kept.", hint)

    def _holds(self, signature: Signature, secret: str, post: SignedPost) -> bool:
        if signature == "sendgrid":
            return of_sendgrid(secret, post)
        if signature == "mailgun":
            return of_mailgun(secret, post, time.time()) and self._tokens.first_or_same(post)
        return of_sns(secret, post, self._certificates)


def secret_of(event_import: str) -> str:
    """The variable that holds the secret of an event import."""
    return f"CARNET_WEBHOOK_SECRET_{event_import.upper()}"


def of_sendgrid(public_key: str, post: SignedPost) -> bool:
    """Twilio SendGrid's Signed Event Webhook: ECDSA over the instant and the body, by the public key that its settings show."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    instant = post.headers.get(f"{_SENDGRID}timestamp", "").encode()
    try:
        key = load_der_public_key(base64.b64decode(public_key, validate=True))
        signed = base64.b64decode(post.headers.get(f"{_SENDGRID}signature", ""), validate=True)
        if not isinstance(key, EllipticCurvePublicKey):
            return False
        key.verify(signed, instant + post.body, ECDSA(SHA256()))
    except (binascii.Error, ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def of_mailgun(key: str, post: SignedPost, now: float) -> bool:
    """Mailgun's `signature` in the body: HMAC-SHA256 of its instant and its token, by the HTTP webhook signing key."""
    given = (post.document or {}).get("signature")
    if not isinstance(given, dict):
        return False
    instant, token, signed = (str(given.get(name, "")) for name in ("timestamp", "token", "signature"))
    try:
        if abs(now - float(instant)) > _AGE:
            return False
    except ValueError:
        return False
    expected = hmac.new(key.encode(), f"{instant}{token}".encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signed.encode())


class _Tokens:
    """The tokens that were seen, each with the event that it came with: Mailgun's signature does not cover the body."""

    def __init__(self) -> None:
        self._lock, self._seen = threading.Lock(), OrderedDict[str, bytes]()

    def first_or_same(self, post: SignedPost) -> bool:
        """Whether nobody came with the token of the post and another body before."""
        token, body = str((post.document or {})["signature"]["token"]), hashlib.sha256(post.body).digest()
        with self._lock:
            known = self._seen.setdefault(token, body)
            if len(self._seen) > _MOST_TOKENS:
                self._seen.popitem(last=False)
        return known == body


def of_sns(topics: str, post: SignedPost, certificates: Certificates) -> bool:
    """Amazon SNS's signature, by the certificate that it names; anybody may have SNS sign: its topic must be one of ours."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256
    from cryptography.x509 import load_pem_x509_certificate

    document = post.document or {}
    if str(document.get("TopicArn")) not in topics.replace(",", " ").split():
        return False
    hashed = {"1": SHA1, "2": SHA256}.get(str(document.get("SignatureVersion")))
    if hashed is None:
        return False
    pem = certificates(str(document.get("SigningCertURL", "")))
    try:
        key = load_pem_x509_certificate(pem).public_key()
        if not isinstance(key, RSAPublicKey):
            return False
        signed = base64.b64decode(str(document.get("Signature", "")), validate=True)
        key.verify(signed, _told_by_sns(document).encode(), PKCS1v15(), hashed())
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True


def _told_by_sns(document: Mapping[str, Any]) -> str:
    """What SNS signs: the names and values of these keys, a line each; of a notification without what a confirmation has."""
    other = _OF_KIND[""] if document.get("Type") == "Notification" else _OF_KIND["Notification"]
    told = [name for name in _SNS if name not in other and document.get(name) is not None]
    return "".join(f"{name}\n{document[name]}\n" for name in told)
