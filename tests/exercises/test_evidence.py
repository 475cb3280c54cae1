"""The check of notebook 05: a real run, tampered with; each way to look away is named."""

import hashlib

import pytest

from energykit.exercises import check_verify


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def verify(record, root, parts=("input", "output")):
    doubtful = set()
    for stage in record["stages"]:
        for part in parts:
            name, digest = stage[f"{part}_file"], stage[f"{part}_sha256"]
            path = root / name.removeprefix("/data/")
            if name and (not path.is_file() or sha256(path) != digest):
                doubtful.add(name)
    return doubtful


@pytest.mark.parametrize("seed", [0, 1, 20260131])
def test_a_right_one(seed):
    verdict = check_verify(verify, seed=seed)
    assert verdict, verdict
    assert "12 copies of a real run, 2 of them untouched" in verdict.text


def test_a_list_will_do():
    assert check_verify(lambda record, root: sorted(verify(record, root)))


def careless(record, root):
    return {name for name in verify(record, root) if (root / name.removeprefix("/data/")).is_file()}


def opens_everything(record, root):
    return {
        stage["output_file"]
        for stage in record["stages"]
        if sha256(root / stage["output_file"].removeprefix("/data/")) != stage["output_sha256"]
    }


@pytest.mark.parametrize(
    ("answer", "text", "hint"),
    [
        (lambda record, root: set(), "is missing from your set", "does every digest"),
        (
            lambda record, root: verify(record, root, ("output",)),
            "is missing from your set",
            "does every digest",
        ),
        (
            lambda record, root: verify(record, root, ("input",)),
            "is missing from your set",
            "does every digest",
        ),
        (careless, "a file is gone: ", "is the file there"),
        (opens_everything, "", ""),
        (
            lambda record, root: verify(record, root) | {"/data/report.csv"},
            "/data/report.csv is in your set",
            "compare the digest of the whole file",
        ),
        (lambda record, root: "/data/report.csv", "gave '/data/report.csv'", "a set or a list"),
        (lambda record: set(), "raised TypeError", ""),
        (None, "verify is None, not a function", "write def"),
    ],
)
def test_a_wrong_one_is_reported(answer, text, hint):
    verdict = check_verify(answer, seed=2)
    assert not verdict
    assert text in verdict.text, verdict
    assert hint in verdict.hint, verdict
