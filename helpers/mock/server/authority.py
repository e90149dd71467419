"""The certificate authority of the HTTPS proxy: made on first use, and kept by its user alone.

It signs for hosts of Twilio's only, which its own certificate says, too. Its key never leaves the
user's directory.
"""

from __future__ import annotations

import os
import secrets
import shutil
import ssl
import subprocess
import tempfile
from pathlib import Path

FOLDER = Path.home() / ".flex-chat-lab"
"""Where it is kept."""
CERTIFICATE, KEY = "mock-ca.pem", "mock-ca.key"
CA_DAYS, LEAF_DAYS = 3650, 30
_EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_CA = (
    "basicConstraints=critical,CA:TRUE,pathlen:0",
    "keyUsage=critical,keyCertSign",
    "nameConstraints=critical,permitted;DNS:twilio.com",
    "subjectKeyIdentifier=hash",
)
_LEAF = """subjectAltName=DNS:{host}
basicConstraints=CA:FALSE
keyUsage=digitalSignature
extendedKeyUsage=serverAuth
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
"""


class NoAuthority(RuntimeError):
    """Certificates cannot be made here; the message says why."""


class CertificateAuthority:
    """Makes certificates for hosts of Twilio's.

    Args:
        folder: Directory of its certificate and key, which is made if need be.

    Raises:
        NoAuthority: There is no openssl, or the directory cannot be used.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self.certificate, self._key = folder / CERTIFICATE, folder / KEY
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not (self.certificate.exists() and self._key.exists()):
                self._make(folder)
            if self._key.stat().st_mode & 0o077 and os.name == "posix":
                raise NoAuthority(f"{self._key} can be read by others: chmod 600 it, or delete it")
        except OSError as error:
            raise NoAuthority(f"{folder} cannot be used: {error}") from None

    def _make(self, folder: Path) -> None:
        """Make both files beside their places first, so that no half of them is ever there."""
        with tempfile.TemporaryDirectory(dir=folder) as made:
            key, certificate = Path(made, KEY), Path(made, CERTIFICATE)
            named = ("-subj", "/CN=Flex Chat Lab mock, this machine only")
            extensions = (part for each in _CA for part in ("-addext", each))
            files = ("-keyout", str(key), "-out", str(certificate))
            _openssl("req", "-x509", *_EC, *files, *named, "-days", str(CA_DAYS), *extensions)
            key.chmod(0o600)
            key.replace(self._key)
            certificate.replace(self.certificate)

    def context_for(self, host: str) -> ssl.SSLContext:
        """Return what serves TLS as a host, with a certificate made for it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        with tempfile.TemporaryDirectory() as made:
            key, signing, leaf = (str(Path(made, name)) for name in ("key", "csr", "pem"))
            extensions = Path(made, "extensions")
            extensions.write_text(_LEAF.format(host=host))
            _openssl("req", *_EC, "-keyout", key, "-out", signing, "-subj", "/CN=mock")
            by = ("-CA", str(self.certificate), "-CAkey", str(self._key))
            serial = ("-set_serial", f"0x{secrets.token_hex(16)}", "-days", str(LEAF_DAYS))
            more = ("-extfile", str(extensions), "-out", leaf)
            _openssl("x509", "-req", "-in", signing, *by, *serial, *more)
            context.load_cert_chain(leaf, key)
        return context


def _openssl(*arguments: str) -> None:
    program = shutil.which("openssl")
    if program is None:
        raise NoAuthority("the HTTPS proxy needs openssl, which is not on the PATH")
    done = subprocess.run(  # noqa: S603 - a fixed program, and hosts that were checked
        (program, *arguments), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NoAuthority(f"openssl {arguments[0]} failed: {done.stderr.strip()[-200:]}")
