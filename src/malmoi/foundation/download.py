"""Downloads with checksums that can be resumed and are stored atomically."""

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
    """Return a file's digest in lower-case hexadecimal; the length of `checksum` selects the algorithm."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, ALGORITHMS[len(checksum)]).hexdigest()


def fetch_file(
    url: str, destination: Path, sha256: str, *, timeout_seconds: float = 30.0, progress: Progress = silent
) -> Path:
    """Download a file unless `destination` already has the checksum, and return `destination`.

    The download is written to a file with the additional suffix `.part` until it is complete and verified. The next
    call resumes an interrupted download.

    Args:
        url: http or https.
        destination: path of the file; a missing folder is created.
        sha256: 64 hexadecimal digits; or 32 digits of an MD5, for files whose publisher gives only that.
        timeout_seconds: timeout of the connection; above 0.
        progress: progress callback; called with the step's name, the number of bytes done and the total.

    Raises:
        DataError: the server cannot be reached, returns an error, stops early, or sends another file.
        OSError: the disk is full or not writable.
        ValueError: `sha256` is not a checksum, or `timeout_seconds` is 0 or below.
    """
    if len(sha256) not in ALGORITHMS:
        raise ValueError(f"sha256 must be 64 hexadecimal digits, got {len(sha256)}")
    if timeout_seconds <= 0:
        raise ValueError(f"timeout_seconds must be above 0, got {timeout_seconds}")
    if destination.is_file() and _digest(destination, sha256) == sha256:
        return destination
    destination.parent.mkdir(parents=True, exist_ok=True)
    part = destination.with_name(destination.name + ".part")
    cure = f"download it manually to {destination}"
    try:
        _receive(url, part, timeout_seconds, progress)
    except urllib.error.HTTPError as error:
        error.close()
        raise DataError(f"{url}: the server returned {error.code} {error.reason}; {cure}") from error
    except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error) or type(error).__name__
        raise DataError(f"{url}: the download failed ({reason}); try again, or {cure}") from error
    found = _digest(part, sha256)
    if found != sha256:
        part.unlink()
        raise DataError(f"{url}: the checksum must be {sha256}, got {found}; try again, or {cure}")
    os.replace(part, destination)
    return destination


def _receive(url: str, part: Path, timeout_seconds: float, progress: Progress) -> None:
    """Download the missing rest of a partial file."""
    present = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={present}-"} if present else {})
    try:
        response = urllib.request.urlopen(request, timeout=timeout_seconds)
    except urllib.error.HTTPError as error:
        if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE or not present:
            raise
        error.close()
        return  # the partial file is complete; its checksum is verified next
    with response, part.open("ab" if response.status == http.client.PARTIAL_CONTENT else "wb") as file:
        start = file.tell()
        total = start + int(response.headers.get("Content-Length") or 0)
        while block := response.read(BLOCK_BYTES):
            file.write(block)
            progress("download", file.tell(), total)
        if file.tell() < total:
            raise ConnectionError(f"the server stopped after {file.tell()} of {total} bytes")
