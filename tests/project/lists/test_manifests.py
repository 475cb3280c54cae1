"""The Kubernetes manifests are what the compose file gives, and all are applied."""

import subprocess
import sys

import yaml

from tests.project.lists.place import ROOT, place, read

LIST = "deploy/kubernetes/kustomization.yaml"


def test_the_manifests_are_what_the_compose_file_gives():
    done = subprocess.run(
        [sys.executable, "tools/kubernetes.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}run: python tools/kubernetes.py"


def test_every_manifest_is_applied():
    written = {path.name for path in (ROOT / "deploy/kubernetes").glob("*.yaml")}
    listed = set(yaml.safe_load(read(LIST))["resources"])
    differing = sorted(listed ^ (written - {"kustomization.yaml"}))
    assert not differing, (
        f"{place(LIST, 'resources:')}: list below resources, or remove: {differing}"
    )
