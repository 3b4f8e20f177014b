"""The certificates that Amazon SNS signs with: fetched once from its own hosts, and kept in `data/api/certificates/`.

Where a machine may call nobody, the operator puts the file there. Nothing else is ever fetched for a post.
"""

from __future__ import annotations

import re
import threading
import time
import urllib.request
from http.client import HTTPException
from pathlib import Path

from pipelines.api.answers import ApiError
from pipelines.syncing import sync

_URL = re.compile(
    r"https://sns\.([a-z0-9-]{2,40})\.amazonaws\.com(\.cn)?/(SimpleNotificationService-[0-9a-f]{1,80}\.pem)"
)
_LARGEST = 64 * 1024
_WAIT, _PAUSE = 5.0, 60.0


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Whoever is asked answers, or nobody does."""

    def redirect_request(self, *given: object, **more: object) -> None:
        """Go nowhere else."""


class Certificates:
    """Those of one account, by their addresses."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, threading.Lock()
        self._failed: dict[str, float] = {}

    def of(self, url: str) -> bytes:
        """The certificate in PEM; ApiError 403 where the address is not Amazon SNS's, 503 where it cannot be had."""
        named = _URL.fullmatch(url)
        if named is None:
            raise ApiError(
                403,
                "WrongSignature",
                "The post's certificate is not Amazon SNS's; nothing was kept.",
                "Look at its SigningCertURL.",
            )
        path = self._folder / f"{named[1]}-{named[3]}"
        with self._lock:
            if not path.exists():
                self._fetch(url, path)
            return path.read_bytes()

    def _fetch(self, url: str, path: Path) -> None:
        from cryptography.x509 import load_pem_x509_certificate

        if time.monotonic() < self._failed.get(url, 0.0):
            raise _missing(path)
        try:
            # TLS says that it is Amazon's, as Amazon's own documentation has it.
            with urllib.request.build_opener(_NoRedirects).open(url, timeout=_WAIT) as answer:
                pem = answer.read(_LARGEST)
            load_pem_x509_certificate(pem)
        except (OSError, HTTPException, ValueError) as error:  # What is no certificate would be kept for good.
            if len(self._failed) > 100:
                self._failed.clear()
            self._failed[url] = time.monotonic() + _PAUSE
            raise _missing(path) from error
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = path.with_suffix(".new")
        aside.write_bytes(pem)
        sync(aside)
        aside.replace(path)


def _missing(path: Path) -> ApiError:
    return ApiError(
        503,
        "NoCertificate",
        "The certificate that the post is signed with cannot be fetched from Amazon.",
        f"The sender tries again. Without a way to Amazon, put the certificate at data/api/certificates/{path.name}.",
        headers={"Retry-After": str(round(_PAUSE))},
    )
