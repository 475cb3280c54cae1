"""Write the Kubernetes manifests of the services from docker-compose.yaml.

    python tools/kubernetes.py [--check]

A manifest for each service of the compose file goes to ``deploy/kubernetes/``: a Deployment and a
headless Service, whose name resolves to every replica, so that gRPC itself balances between them.
``--check`` writes nothing and exits with 1 where a file is not what the compose file gives.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "deploy/kubernetes"
HEAD = (
    "# Made by tools/kubernetes.py from docker-compose.yaml: edit that, then run\n"
    "# `python tools/kubernetes.py`. docs/kubernetes.md says how to use it.\n"
)
PORT = 50051
TLS = "/etc/energykit/tls"
CHECK = ["python", "-m", "energykit.serving", "--check", f"127.0.0.1:{PORT}"]


def main(arguments: list[str]) -> int:
    """Write the files, or compare them."""
    compose = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
    files = {
        FOLDER / f"{name}.yaml": manifest(name, stanza)
        for name, stanza in compose["services"].items()
    }
    if "--check" in arguments:
        wrong = [path for path, text in files.items() if read(path) != text]
        for path in wrong:
            print(f"{path.relative_to(ROOT).as_posix()}:1: is not what docker-compose.yaml gives")
        return int(bool(wrong))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    return 0


def read(path: Path) -> str:
    """Return a file's text; empty where there is none."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


def manifest(name: str, stanza: dict[str, Any]) -> str:
    """Return the manifests of one service as YAML documents."""
    documents = [deployment(name, stanza["image"]), service(name)]
    return HEAD + yaml.safe_dump_all(documents, sort_keys=False, width=100)


def service(name: str) -> dict[str, Any]:
    """Return a headless Service: its name resolves to each replica that is ready."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(name),
        "spec": {
            "clusterIP": "None",
            "selector": labels(name),
            "ports": [{"name": "grpc", "port": PORT, "appProtocol": "grpc"}],
        },
    }


def deployment(name: str, image: str) -> dict[str, Any]:
    """Return a Deployment of one service, confined as its container in the compose file is."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(name),
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels(name)},
            "template": {
                "metadata": {"labels": labels(name)},
                "spec": {
                    "automountServiceAccountToken": False,
                    "terminationGracePeriodSeconds": 30,
                    "securityContext": {
                        "runAsNonRoot": True,
                        "runAsUser": 1000,
                        "runAsGroup": 1000,
                        "fsGroup": 1000,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "containers": [container(name, image)],
                    "volumes": volumes(name),
                },
            },
        },
    }


def container(name: str, image: str) -> dict[str, Any]:
    """Return the container: encrypted, callers known by certificate, bounded."""
    module = f"services.{name.replace('-', '_')}"
    command = ["python", "-m", module, "--host", "0.0.0.0", "--port", str(PORT)]
    return {
        "name": name,
        "image": f"{image}:latest",
        "imagePullPolicy": "IfNotPresent",
        "command": [*command, "--data-root", "/data"],
        "env": environment(name),
        "ports": [{"name": "grpc", "containerPort": PORT}],
        "startupProbe": probe(period_s=2, failures=30),
        "readinessProbe": probe(period_s=10, failures=2),
        "livenessProbe": probe(period_s=30, failures=4),
        "resources": {
            "requests": {"cpu": "250m", "memory": "256Mi"},
            "limits": {"cpu": "2", "memory": "768Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "data", "mountPath": "/data"},
            {"name": "tls", "mountPath": TLS, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},
        ],
    }


def environment(name: str) -> list[dict[str, str]]:
    """Return where the service finds its certificate, and how its own probe calls it."""
    values = {
        "ENERGYKIT_SERVER_CERTIFICATE": f"{TLS}/tls.crt",
        "ENERGYKIT_SERVER_KEY": f"{TLS}/tls.key",
        "ENERGYKIT_SERVER_CLIENT_CA": f"{TLS}/ca.crt",
        "ENERGYKIT_TLS_CA": f"{TLS}/ca.crt",
        "ENERGYKIT_TLS_CERTIFICATE": f"{TLS}/tls.crt",
        "ENERGYKIT_TLS_KEY": f"{TLS}/tls.key",
        "ENERGYKIT_TLS_SERVER_NAME": name,
        "POLARS_MAX_THREADS": "2",
    }
    return [{"name": key, "value": value} for key, value in values.items()]


def probe(*, period_s: int, failures: int) -> dict[str, Any]:
    """Return a probe by gRPC's health service; the kubelet's own cannot show a certificate."""
    return {
        "exec": {"command": CHECK},
        "periodSeconds": period_s,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }


def volumes(name: str) -> list[dict[str, Any]]:
    """Return the shared data root, the service's certificate, and a small temporary folder."""
    return [
        {"name": "data", "persistentVolumeClaim": {"claimName": "energykit-data"}},
        {"name": "tls", "secret": {"secretName": f"{name}-tls", "defaultMode": 0o440}},
        {"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}},
    ]


def metadata(name: str) -> dict[str, Any]:
    """Return name, namespace and labels."""
    return {"name": name, "namespace": "energykit", "labels": labels(name)}


def labels(name: str) -> dict[str, str]:
    """Return the labels that select the pods of a service."""
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "energykit"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
