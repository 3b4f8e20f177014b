"""Senders that sign: a right signature needs no key, a wrong one keeps nothing (docs/senders)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from starlette.datastructures import Headers

from pipelines.api.answers import ApiError
from pipelines.api.webhooks.certificates import Certificates
from pipelines.api.webhooks.signatures import SignedPost, of_sendgrid
from tests.api.conftest import Service
from tests.api.webhooks.conftest import MAILGUN_KEY, TOPIC, kept, rows, until

CERTIFICATE = "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
SIGNING_URL = f"https://sns.eu-west-1.amazonaws.com/{CERTIFICATE}"


def post(service: Service, event_import: str, body: bytes, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """Without a key."""
    with httpx.Client(verify=False) as client:
        return client.post(f"{service.url}/api/v1/events/{event_import}", content=body, headers=headers)


def refused(service: Service, answer: httpx.Response) -> bool:
    return (
        answer.status_code == 403 and answer.json()["error"]["type"] == "WrongSignature" and not kept(service.account)
    )


def signed_by_grid(key: ec.EllipticCurvePrivateKey, body: bytes) -> dict[str, str]:
    signed = base64.b64encode(key.sign(b"1600112502" + body, ec.ECDSA(SHA256()))).decode()
    name = "X-Twilio-Email-Event-Webhook-"
    return {f"{name}Signature": signed, f"{name}Timestamp": "1600112502"}


def test_sendgrid(hooked: Service, grid_key: ec.EllipticCurvePrivateKey) -> None:
    body = b'[{"sg_event_id":"g1","email":"ann@ex.fr","event":"open","timestamp":1700000000}]\r\n'
    headers = signed_by_grid(grid_key, body)
    other = signed_by_grid(ec.generate_private_key(ec.SECP256R1()), body)
    until(lambda: not kept(hooked.account))
    for wrong in (None, other, headers | {"X-Twilio-Email-Event-Webhook-Timestamp": "1600112503"}):
        assert refused(hooked, post(hooked, "signed_grid", body, wrong))
    assert refused(hooked, post(hooked, "signed_grid", body.replace(b"ann", b"bob"), headers))
    assert post(hooked, "signed_grid", body, headers).json() == {"accepted": 1}
    until(lambda: rows(hooked, "SELECT type FROM events WHERE event_id = 'g1'") == [("opened",)])
    assert rows(hooked, "SELECT DISTINCT who FROM imports WHERE model = 'signed_grid'") == [("sendgrid signature",)]


def test_sendgrid_as_its_own_library_has_it() -> None:
    """The key, signature and instant of sendgrid/eventwebhook's tests, over their payload."""
    key = (
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqD"
        "qBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA=="
    )
    signed = "MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0="
    name = "X-Twilio-Email-Event-Webhook-"
    headers = Headers({f"{name}Signature": signed, f"{name}Timestamp": "1588788367"})
    payload = {"category": "example_payload", "event": "test_event", "message_id": "message_id"}
    body = json.dumps(payload, separators=(",", ":")).encode()
    assert of_sendgrid(key, SignedPost(headers, body, None))
    assert not of_sendgrid(key, SignedPost(headers, body + b" ", None))
    assert not of_sendgrid("no key", SignedPost(headers, body, None))


def gun(at: float, event: Mapping[str, Any], token: str = "t1", key: str = MAILGUN_KEY) -> bytes:
    signed = hmac.new(key.encode(), f"{at:.0f}{token}".encode(), hashlib.sha256).hexdigest()
    signature = {"timestamp": f"{at:.0f}", "token": token, "signature": signed}
    return json.dumps({"signature": signature, "event-data": event}).encode()


def test_mailgun(hooked: Service) -> None:
    event = {"id": "m1", "recipient": "ann@ex.fr", "event": "opened", "timestamp": 1700000000.5}
    now = time.time()
    until(lambda: not kept(hooked.account))
    for wrong in (gun(now, event, key="another"), gun(now - 90_000, event), json.dumps({"event-data": event}).encode()):
        assert refused(hooked, post(hooked, "signed_gun", wrong))
    assert post(hooked, "signed_gun", gun(now, event)).status_code == 200
    assert post(hooked, "signed_gun", gun(now, event)).status_code == 200, "tried again by Mailgun"
    until(lambda: rows(hooked, "SELECT type FROM events WHERE event_id = 'm1'") == [("opened",)])
    until(lambda: not kept(hooked.account))
    assert refused(hooked, post(hooked, "signed_gun", gun(now, event | {"id": "m2"}))), "another body with a seen token"


@pytest.fixture(scope="module")
def amazon(hooked: Service) -> rsa.RSAPrivateKey:
    """Amazon's key; its certificate lies where the operator of a machine without a way to Amazon puts it."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    folder = hooked.account.layout.api / "certificates"
    folder.mkdir(parents=True)
    (folder / f"eu-west-1-{CERTIFICATE}").write_bytes(made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    return key


def sns(key: rsa.RSAPrivateKey, version: str = "2", **more: str) -> bytes:
    """As Amazon's documentation has it: name and value of these keys, a line each."""
    record = {"eventType": "Send", "mail": {"timestamp": "2026-11-20T10:00:00Z", "destination": ["ann@ex.fr"]}}
    document = {"Type": "Notification", "MessageId": "1", "TopicArn": TOPIC, "Message": json.dumps(record)}
    document |= {"Timestamp": "2026-11-20T10:00:01Z"} | more
    told = "".join(f"{name}\n{document[name]}\n" for name in sorted(document))
    hashed = SHA1() if version == "1" else SHA256()
    signed = base64.b64encode(key.sign(told.encode(), padding.PKCS1v15(), hashed)).decode()
    return json.dumps(
        document | {"SignatureVersion": version, "Signature": signed, "SigningCertURL": SIGNING_URL}
    ).encode()


@pytest.mark.parametrize("version", ["1", "2"])
def test_amazon_ses_by_sns(hooked: Service, amazon: rsa.RSAPrivateKey, version: str) -> None:
    right = sns(amazon, version, Subject=f"Version {version}")
    elsewhere = right.replace(b"sns.eu-west-1.amazonaws.com", b"sns.eu-west-1.amazonaws.com.evil.example")
    other = sns(rsa.generate_private_key(65537, 2048), version)
    foreign = sns(amazon, version, TopicArn=TOPIC.replace("123456789012", "999999999999"))
    until(lambda: not kept(hooked.account))
    for wrong in (elsewhere, other, foreign, right.replace(b"ann@ex.fr", b"bob@ex.fr")):
        assert refused(hooked, post(hooked, "signed_sns", wrong))
    assert post(hooked, "signed_sns", right, {"Content-Type": "text/plain"}).json() == {"accepted": 1}
    until(
        lambda: (
            rows(hooked, "SELECT count(*) FROM events JOIN operations USING (operation_id) WHERE name = 'SES'")
            == [(1,)]
        )
    )


def test_a_subscription_waits_for_the_operator_and_nobody_is_called(hooked: Service, amazon: rsa.RSAPrivateKey) -> None:
    url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336412f37"
    asked = {"Type": "SubscriptionConfirmation", "Token": "2336412f37"}
    answer = post(hooked, "signed_sns", sns(amazon, SubscribeURL=url, **asked))
    assert answer.json() == {"accepted": 0}
    with hooked.client("read", "/api/v1") as client:
        listed = client.get("/events/signed_sns").json()
    assert listed["confirm"] == {"topic": TOPIC, "url": url}
    answer = post(hooked, "signed_sns", sns(amazon, SubscribeURL="https://evil.example/x.amazonaws.com/", **asked))
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/" + CERTIFICATE,
        "https://evil.example/" + CERTIFICATE,
        f"https://sns.eu-west-1.amazonaws.com@evil.example/{CERTIFICATE}",
        "",
        SIGNING_URL + "/../x.pem",
    ],
)
def test_a_certificate_comes_from_amazon_alone(tmp_path: Any, url: str) -> None:
    with pytest.raises(ApiError) as caught:
        Certificates(tmp_path).of(url)
    assert caught.value.status == 403
