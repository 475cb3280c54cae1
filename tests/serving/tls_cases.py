"""TLS, certificates of callers, renewal without a restart, and reasons told apart."""

from __future__ import annotations

import datetime as dt
import threading

import grpc
import pytest

from energykit.certificates import issue_certificates
from energykit.config import Credentials, SecretReference, TlsFiles
from energykit.credentials import credentials_from_environment, explain_refusal, open_channel
from energykit.errors import UsageError
from energykit.serving import serve, stage
from energykit.serving.probe import health_of
from energykit.serving.security import Security

trustme = pytest.importorskip("trustme", reason="needs trustme: pip install energykit-course[tls]")


@stage("keeps")
def keeps() -> str:
    return "kept"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    issue_certificates(folder, ["service", "student"])
    issue_certificates(folder / "other", ["stranger"])
    return folder


def tls_of(folder, name="", **more):
    own = {"certificate": str(folder / f"{name}.pem"), "key": str(folder / f"{name}.key")}
    return TlsFiles(ca=str(folder / "ca.pem"), **(own if name else {}), **more)


def server_security(folder, **more):
    own = {"certificate": str(folder / "service.pem"), "key": str(folder / "service.key")}
    return Security(**own, **more)


@pytest.fixture
def serve_with(data_root):
    servers = []

    def start(security):
        server = serve(keeps, data_root=data_root, block=False, security=security)
        servers.append(server)
        return server.address

    yield start
    for server in servers:
        server.stop(0)


def ask(address, credentials):
    with open_channel(address, credentials) as channel:
        try:
            channel.unary_unary("/ContainerExecutor/Execute")(b"\x12\x05a.csv", timeout=30)
        except grpc.RpcError as exc:
            return exc.code().name
    return "OK"


def test_a_call_is_encrypted(serve_with, certificates):
    address = serve_with(server_security(certificates))
    assert ask(address, Credentials(tls=tls_of(certificates))) == "OK"
    assert ask(address, None) == "UNAVAILABLE"
    assert explain_refusal(address, tls_of(certificates)) is None


def test_a_caller_without_a_certificate_is_refused_and_told_so(serve_with, certificates):
    ca = str(certificates / "ca.pem")
    address = serve_with(server_security(certificates, client_ca=ca))
    assert ask(address, Credentials(tls=tls_of(certificates, "student"))) == "OK"
    assert ask(address, Credentials(tls=tls_of(certificates))) == "UNAVAILABLE"
    assert explain_refusal(address, tls_of(certificates)).reason == "no certificate"


def test_a_certificate_of_another_authority_is_refused_on_both_sides(serve_with, certificates):
    ca, other = str(certificates / "ca.pem"), certificates / "other"
    address = serve_with(server_security(certificates, client_ca=ca))
    own = {"certificate": str(other / "stranger.pem"), "key": str(other / "stranger.key")}
    stranger = TlsFiles(ca=ca, **own)
    assert ask(address, Credentials(tls=stranger)) == "UNAVAILABLE"
    assert explain_refusal(address, stranger).reason == "certificate refused"
    refusal = explain_refusal(address, tls_of(other))
    assert refusal.reason == "other authority"
    assert "tls.ca" in refusal.hint


def test_a_certificate_for_another_name_is_refused(serve_with, certificates):
    address = serve_with(server_security(certificates))
    wrong = tls_of(certificates, server_name="elsewhere")
    assert ask(address, Credentials(tls=wrong)) == "UNAVAILABLE"
    refusal = explain_refusal(address, wrong)
    assert refusal.reason == "other name"
    assert "'elsewhere'" in refusal.what
    right = tls_of(certificates, server_name="service")
    assert ask(address, Credentials(tls=right)) == "OK"


@pytest.mark.parametrize(("start", "end", "reason"), [(-9, -1, "expired"), (1, 9, "not yet valid")])
def test_a_certificate_of_another_time_is_refused(tmp_path, serve_with, start, end, reason):
    authority = trustme.CA()
    now = dt.datetime.now(dt.UTC)
    times = {"not_before": now + dt.timedelta(start), "not_after": now + dt.timedelta(end)}
    issued = authority.issue_cert("localhost", "127.0.0.1", **times)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "service.pem")
    issued.private_key_pem.write_to_path(tmp_path / "service.key")
    address = serve_with(server_security(tmp_path))
    assert ask(address, Credentials(tls=tls_of(tmp_path))) == "UNAVAILABLE"
    assert explain_refusal(address, tls_of(tmp_path)).reason == reason


def test_a_server_that_does_not_speak_tls_is_named(data_root, certificates):
    with serve(keeps, data_root=data_root, block=False) as server:
        refusal = explain_refusal(server.address, tls_of(certificates))
    assert refusal.reason == "not encrypted"


def test_a_port_where_nothing_listens_is_named(certificates, free_ports):
    refusal = explain_refusal(f"127.0.0.1:{free_ports[0]}", tls_of(certificates))
    assert refusal.reason == "not reached"


def test_a_renewed_certificate_is_used_without_a_restart(tmp_path, serve_with):
    issue_certificates(tmp_path, ["service"])
    address = serve_with(server_security(tmp_path))
    credentials = Credentials(tls=tls_of(tmp_path))
    assert ask(address, credentials) == "OK"
    for name in ("ca.pem", "ca.key"):
        (tmp_path / name).unlink()
    issue_certificates(tmp_path, ["service"])  # another authority: the old certificate fails now
    assert ask(address, credentials) == "OK"


def test_a_renewed_certificate_that_is_broken_is_not_used(tmp_path, serve_with, caplog):
    issue_certificates(tmp_path, ["service"])
    address = serve_with(server_security(tmp_path))
    (tmp_path / "service.pem").write_text("half a file")
    assert ask(address, Credentials(tls=tls_of(tmp_path))) == "OK"
    assert any("renewed certificate is not used" in text for text in caplog.messages)


def test_tls_and_token_are_asked_for_together(serve_with, certificates, tmp_path, monkeypatch):
    (tmp_path / "tokens").write_text("right")
    token = SecretReference(file=str(tmp_path / "tokens"))
    address = serve_with(server_security(certificates, token=token))
    monkeypatch.setenv("MY_TOKEN", "right")
    mine, tls = SecretReference(env="MY_TOKEN"), tls_of(certificates)
    assert ask(address, Credentials(tls=tls, token=mine)) == "OK"
    assert ask(address, Credentials(tls=tls)) == "UNAUTHENTICATED"
    monkeypatch.setenv("MY_TOKEN", "wrong")
    assert ask(address, Credentials(tls=tls, token=mine)) == "UNAUTHENTICATED"


def test_many_calls_at_once_are_let_in(serve_with, certificates):
    address = serve_with(server_security(certificates))
    ends = []

    def call():
        ends.append(ask(address, Credentials(tls=tls_of(certificates))))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert ends == ["OK"] * 8


def test_the_health_probe_shows_its_credentials(serve_with, certificates):
    ca = str(certificates / "ca.pem")
    address = serve_with(server_security(certificates, client_ca=ca))
    shown = Credentials(tls=tls_of(certificates, "student"))
    assert health_of(address, credentials=shown) == "SERVING"
    assert health_of(address).startswith("UNAVAILABLE")


def test_another_machine_may_reach_a_server_that_asks_who_calls(data_root, certificates):
    ca = str(certificates / "ca.pem")
    security = server_security(certificates, client_ca=ca)
    with serve(keeps, host="0.0.0.0", data_root=data_root, block=False, security=security) as it:
        port = it.address.rpartition(":")[2]
        assert ask(f"127.0.0.1:{port}", Credentials(tls=tls_of(certificates, "student"))) == "OK"
    with pytest.raises(UsageError, match="can be reached by other machines"):
        serve(
            keeps,
            host="0.0.0.0",
            data_root=data_root,
            block=False,
            security=server_security(certificates),
        )


def test_a_service_as_a_process_takes_certificates_from_its_command_line(start, certificates):
    ca = certificates / "ca.pem"
    process = start(
        "--tls-certificate", str(certificates / "service.pem"),
        "--tls-key", str(certificates / "service.key"),
        "--tls-client-ca", str(ca),
    )  # fmt: skip
    student = Credentials(tls=tls_of(certificates, "student"))
    assert health_of(process.address, credentials=student) == "SERVING"


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({"certificate": "a.pem"}, "a certificate without its key"),
        ({"key": "a.key"}, "a key without its certificate"),
        ({"client_ca": "ca.pem"}, "clients can show certificates to a server that has one only"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(files, what):
    with pytest.raises(UsageError, match=what):
        Security(**files)


def test_a_key_of_another_certificate_is_refused_at_the_start(data_root, certificates):
    security = Security(
        certificate=str(certificates / "service.pem"), key=str(certificates / "student.key")
    )
    with pytest.raises(UsageError, match="the certificate cannot be used") as caught:
        serve(keeps, data_root=data_root, block=False, security=security)
    assert caught.value.where == str(certificates / "service.pem")


def test_credentials_come_from_the_environment():
    assert credentials_from_environment({}) is None
    values = {"ENERGYKIT_TLS_CA": "ca.pem", "ENERGYKIT_TOKEN_FILE": "token"}
    assert credentials_from_environment(values) == Credentials(
        tls=TlsFiles(ca="ca.pem"), token=SecretReference(file="token")
    )
