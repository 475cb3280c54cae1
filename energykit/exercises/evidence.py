"""Check of notebook 05: a run's record against its files, after one was edited, or none was."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.executor import run
from energykit.exercises.chain import chain
from energykit.exercises.silence import silence_stderr
from energykit.exercises.verdict import Verdict, answer_of, right, wrong
from energykit.launcher import local_services
from energykit.temporary_folder import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from energykit.results import RunResult

__all__ = ["check_verify"]

_READINGS, _ANALYSIS, _REPORT = "/data/readings.csv", "/data/analysis.pb", "/data/report.csv"
_FILES = (_READINGS, _ANALYSIS, _REPORT)
_HEAD = "timestamp,household_id,power_consumption,voltage,current"
_ROUNDS = 2

_Record = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class _FinishedRun:
    """What a run left behind."""

    files: dict[str, bytes]
    """Content of each file, by its name in the record."""
    record: str
    """Text of ``run.json``."""

    def copy_to(self, root: Path) -> None:
        """Write the files into a data root of their own."""
        root.mkdir()
        for file, content in self.files.items():
            _path(root, file).write_bytes(content)


@silence_stderr()
def check_verify(verify: object, *, seed: int = 0) -> Verdict:
    """Check a function that says which files of a run cannot be trusted.

    Two stages are really run, once for a seed in a session; copies of their record and files are
    then tampered with.

    Parameters
    ----------
    verify
        The learner's: ``verify(record, root)`` takes the record as `json.loads` returns it, and the
        `pathlib.Path` that ``/data`` means; returns the names, as the record has them, of the files
        that are missing or of which a recorded digest is not that of the file.
    seed
        Decides the readings and the tampering.

    Raises
    ------
    energykit.errors.ServiceStartError
        A service did not start.
    """
    if not callable(verify):
        return wrong(
            f"verify is {verify!r}, not a function",
            "write def verify(record, root): … and return names",
        )
    finished = _run_stages(seed)
    rng = random.Random(seed)  # made-up tampering
    with temporary_folder("exercise") as folder:
        cases = list(_TAMPERINGS) * _ROUNDS
        rng.shuffle(cases)
        for number, said in enumerate(cases, 1):
            root = folder / f"case-{number}"
            finished.copy_to(root)
            record: _Record = json.loads(finished.record)
            doubtful = _TAMPERINGS[said](rng, root, record)
            verdict = _check_answer(verify, record, root, doubtful, said)
            if verdict is not None:
                return verdict
    return right(
        f"{len(cases)} copies of a real run, {_ROUNDS} of them untouched: each answered right."
    )


@lru_cache(maxsize=4)
def _run_stages(seed: int) -> _FinishedRun:
    """Analyse and report some readings; a learner who tries again does not wait for it again."""
    with temporary_folder("exercise") as folder:
        _write_readings(random.Random(seed), folder)
        result = _run_chain(folder)
        return _FinishedRun(
            files={file: _path(folder, file).read_bytes() for file in _FILES},
            record=((result.folder or Path()) / "run.json").read_text(encoding="utf-8"),
        )


def _write_readings(rng: random.Random, root: Path) -> None:
    """Write an hour of one household."""
    lines = [
        f"2026-01-01T00:{minute:02d}:00Z,h,{rng.randint(50, 3000)},230,{rng.randint(4, 15)}"
        for minute in range(60)
    ]
    _path(root, _READINGS).write_text("\n".join([_HEAD, *lines, ""]), encoding="utf-8")


def _run_chain(root: Path) -> RunResult:
    """Run both stages on the readings in a data root."""
    config = chain(
        {
            "energy-analyzer": {"input_file": _READINGS, "output_file": _ANALYSIS},
            "report-generator": {"input_file": _ANALYSIS, "output_file": _REPORT},
        }
    )
    with local_services(config, data_root=root) as services:
        return run(config, services).raise_for_failure()


def _check_answer(
    verify: Callable[..., object], record: _Record, root: Path, doubtful: set[str], said: str
) -> Verdict | None:
    """Return what is wrong with the learner's answer, None where nothing is."""
    hint = "a file may be missing: ask before you read"
    answer = answer_of(verify, record, root, said=f"{said}: verify", hint=hint)
    if isinstance(answer, Verdict):
        return answer
    if isinstance(answer, str) or not isinstance(answer, Collection):
        return wrong(
            f"{said}: verify gave {answer!r}", "a set or a list of names, empty where all is well"
        )
    strange = [name for name in answer if name not in _FILES]
    if strange:
        text = f"{said}: {strange[0]!r} is not a name that the record has"
        return wrong(text, "give a file's whole name, just as the record writes it")
    missed, too_many = sorted(doubtful - set(answer)), sorted(set(answer) - doubtful)
    if missed:
        text = f"{said}: {', '.join(missed)} is missing from your set"
        return wrong(text, "is the file there? does every digest that the record has of it match?")
    if too_many:
        text = f"{said}: {', '.join(too_many)} is in your set, and is as it was recorded"
        return wrong(text, "compare the digest of the whole file, byte for byte")
    return None


def _path(root: Path, file: str) -> Path:
    return root / file.removeprefix("/data/")


def _untouched(_rng: random.Random, _root: Path, _record: _Record) -> set[str]:
    """Leave everything as it is."""
    return set()


def _one_byte(rng: random.Random, root: Path, _record: _Record) -> set[str]:
    """Change a bit of a file."""
    file = rng.choice(_FILES)
    data = bytearray(_path(root, file).read_bytes())
    data[rng.randrange(len(data))] ^= 1
    _path(root, file).write_bytes(data)
    return {file}


def _missing(rng: random.Random, root: Path, _record: _Record) -> set[str]:
    """Remove a file."""
    file = rng.choice(_FILES)
    _path(root, file).unlink()
    return {file}


def _swapped(_rng: random.Random, root: Path, _record: _Record) -> set[str]:
    """Exchange two files."""
    first, second = _path(root, _READINGS), _path(root, _REPORT)
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(kept)
    return {_READINGS, _REPORT}


def _covered(rng: random.Random, root: Path, record: _Record, stage: int, key: str) -> set[str]:
    """Cut a file, and put its digest into one of the two places in the record."""
    path = _path(root, _ANALYSIS)
    path.write_bytes(path.read_bytes()[: -rng.randint(5, 50)])
    record["stages"][stage][key] = hashlib.sha256(path.read_bytes()).hexdigest()
    return {_ANALYSIS}


_covered_by_writer = partial(_covered, stage=0, key="output_sha256")
_covered_by_reader = partial(_covered, stage=1, key="input_sha256")


_TAMPERINGS: dict[str, Callable[[random.Random, Path, _Record], set[str]]] = {
    "nobody touched anything": _untouched,
    "one byte of a file is another": _one_byte,
    "a file is gone": _missing,
    "two files changed places": _swapped,
    "a file was edited, and its digest in the record as it was written": _covered_by_writer,
    "a file was edited, and its digest in the record as it was read": _covered_by_reader,
}
"""What was done, and what does it; each returns the files that are not to be trusted then."""
