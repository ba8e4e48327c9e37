"""One file from the web to its place on this machine: checked, resumable, all or nothing."""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from pathlib import Path

from malmoi.errors import DataError
from malmoi.foundation.progress import Progress, silent

__all__ = ["fetch_file"]

BLOCK_BYTES = 1 << 20
ALGORITHMS = {32: "md5", 64: "sha256"}


def _digest(path: Path, checksum: str) -> str:
    """Return a file's digest in lower-case hexadecimals, by the algorithm that `checksum` is long for."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, ALGORITHMS[len(checksum)]).hexdigest()


def fetch_file(
    url: str, destination: Path, sha256: str, *, timeout_seconds: float = 30.0, progress: Progress = silent
) -> Path:
    """Return `destination`, which holds the file with that checksum; download it if it does not.

    What arrives is kept beside it, with `.part` after the name, until all of it is there and right. The next
    call resumes a download that broke off.

    Args:
        url: http or https.
        destination: its folder is made if it is missing.
        sha256: 64 hexadecimals; 32 of them are an MD5, for the files whose publisher gives no better.
        timeout_seconds: longest silence of the server; above 0.
        progress: told the bytes that have arrived.

    Raises:
        DataError: the server cannot be reached, refuses, stops early, or sends another file.
        OSError: the disk is full or not writable.
        ValueError: `sha256` is no checksum, or `timeout_seconds` is 0 or below.
    """
    if len(sha256) not in ALGORITHMS:
        raise ValueError(f"sha256 must be 64 hexadecimals, got {len(sha256)}")
    if timeout_seconds <= 0:
        raise ValueError(f"timeout_seconds must be above 0, got {timeout_seconds}")
    if destination.is_file() and _digest(destination, sha256) == sha256:
        return destination
    destination.parent.mkdir(parents=True, exist_ok=True)
    part = destination.with_name(destination.name + ".part")
    cure = f"save it by hand as {destination}"
    try:
        _receive(url, part, timeout_seconds, progress)
    except urllib.error.HTTPError as error:
        error.close()
        raise DataError(f"{url}: the server answered {error.code} {error.reason}; {cure}") from error
    except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error) or type(error).__name__
        raise DataError(f"{url}: no download ({reason}); call again, or {cure}") from error
    found = _digest(part, sha256)
    if found != sha256:
        part.unlink()
        raise DataError(f"{url}: the checksum must be {sha256}, got {found}; call again, or {cure}")
    os.replace(part, destination)
    return destination


def _receive(url: str, part: Path, timeout_seconds: float, progress: Progress) -> None:
    """Add to `part` what it lacks."""
    present = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={present}-"} if present else {})
    try:
        response = urllib.request.urlopen(request, timeout=timeout_seconds)
    except urllib.error.HTTPError as error:
        if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE or not present:
            raise
        error.close()
        return  # nothing is left to send; the checksum decides
    with response, part.open("ab" if response.status == http.client.PARTIAL_CONTENT else "wb") as file:
        start = file.tell()
        total = start + int(response.headers.get("Content-Length") or 0)
        while block := response.read(BLOCK_BYTES):
            file.write(block)
            progress("download", file.tell(), total)
        if file.tell() < total:
            raise ConnectionError(f"the server stopped after {file.tell()} of {total} bytes")
