"""The Kubernetes manifests are valid, and a service starts as they say."""

import os
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from energykit.certificates import issue_certificates

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy/kubernetes"
MANIFESTS = sorted(path for path in FOLDER.glob("*.yaml") if path.stem != "kustomization")
VERSIONS = ("1.32", "1.34", "1.37")


def documents(path: Path) -> list[dict]:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


SERVICES = [path.stem for path in MANIFESTS if "kind: Deployment" in path.read_text()]


def deployment(name: str) -> dict:
    return next(d for d in documents(FOLDER / f"{name}.yaml") if d["kind"] == "Deployment")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_a_manifest_fits_kubernetes_own_schema(path, version):
    for document in documents(path):
        kubernetes_validate.validate(document, version, strict=True)


def test_a_manifest_with_a_misspelt_key_does_not_fit():
    document = deployment("energy-analyzer")
    document["spec"]["replica"] = document["spec"].pop("replicas")
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(document, VERSIONS[-1], strict=True)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_containers_are_confined_and_bounded(path):
    for document in documents(path):
        if document["kind"] != "Deployment":
            continue
        pod = document["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert {"cpu", "memory"} == container["resources"]["limits"].keys()


@pytest.fixture
def authority(tmp_path) -> Path:
    issue_certificates(tmp_path / "authority", SERVICES)
    return tmp_path / "authority"


def environment(name: str, container: dict, authority: Path) -> dict[str, str]:
    """The container's own environment, with the secret's files where they are here."""
    files = {"tls.crt": f"{name}.pem", "tls.key": f"{name}.key", "ca.crt": "ca.pem"}
    here = {f"/etc/energykit/tls/{name}": str(authority / file) for name, file in files.items()}
    values = {item["name"]: item["value"] for item in container["env"]}
    return os.environ | {name: here.get(value, value) for name, value in values.items()}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_starts_as_the_manifest_says_and_its_own_probe_finds_it(
    name, authority, tmp_path
):
    (container,) = deployment(name)["spec"]["template"]["spec"]["containers"]
    values = environment(name, container, authority)
    here = {"python": sys.executable, "0.0.0.0": "127.0.0.1", "50051": "0", "/data": str(tmp_path)}
    command = [here.get(word, word) for word in container["command"]]
    with subprocess.Popen(
        command, cwd=ROOT, env=values, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as service:
        try:
            address = service.stdout.readline().strip().removeprefix("READY ")
            probe = container["readinessProbe"]["exec"]["command"]
            check = [{"127.0.0.1:50051": address}.get(w, here.get(w, w)) for w in probe]
            asked = {"cwd": ROOT, "capture_output": True, "text": True, "timeout": 60}
            known = subprocess.run(check, env=values, check=False, **asked)
            nobody = {k: v for k, v in values.items() if k != "ENERGYKIT_TLS_CERTIFICATE"}
            nobody.pop("ENERGYKIT_TLS_KEY")
            unknown = subprocess.run(check, env=nobody, check=False, **asked)
        finally:
            service.terminate()
            service.wait(timeout=30)
    assert (known.returncode, known.stdout) == (0, f"{address}: SERVING\n"), known.stderr
    assert unknown.returncode == 1
