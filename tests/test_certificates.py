"""A class-room authority: who gets which file, and who may read it."""

from __future__ import annotations

import os
import ssl
import stat

import pytest

from energykit.certificates import issue_certificates
from energykit.cli import main
from energykit.errors import MissingPackageError, UsageError

pytest.importorskip("trustme", reason="needs trustme: pip install energykit-course[tls]")


def test_the_command_issues_certificates_and_keeps_the_authority(tmp_path, capsys):
    assert main(["certs", str(tmp_path / "c"), "energy-analyzer", "student"]) == 0
    names = sorted(path.name for path in (tmp_path / "c").iterdir())
    assert names == [
        "ca.key",
        "ca.pem",
        "energy-analyzer.key",
        "energy-analyzer.pem",
        "student.key",
        "student.pem",
    ]
    assert "keep ca.key to yourself" in capsys.readouterr().out
    authority = (tmp_path / "c" / "ca.pem").read_bytes()
    assert main(["certs", str(tmp_path / "c"), "student"]) == 0
    assert (tmp_path / "c" / "ca.pem").read_bytes() == authority


@pytest.mark.skipif(os.name != "posix", reason="Windows has other permissions")
def test_keys_are_for_their_owner_alone(tmp_path):
    issue_certificates(tmp_path, ["service"])
    issue_certificates(tmp_path, ["service"])  # renewed
    for name in ("ca.key", "service.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_key_belongs_to_its_certificate_after_a_renewal(tmp_path):
    for _ in range(2):
        (issued,) = issue_certificates(tmp_path, ["service"], days=7)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(issued.certificate, issued.key)


@pytest.mark.parametrize("name", ["", "ca", "..", "a/b", "a b"])
def test_a_name_that_cannot_name_a_file_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match="cannot name a certificate"):
        issue_certificates(tmp_path, [name])


def test_a_missing_package_is_named_with_its_pip_line(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "trustme", None)
    with pytest.raises(MissingPackageError) as caught:
        issue_certificates(tmp_path, ["service"])
    assert "[tls]" in caught.value.hint
