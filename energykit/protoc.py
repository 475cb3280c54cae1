"""From .proto text to Python modules: the committed stubs, and modules compiled on the fly.

A module compiled on the fly lives in a descriptor pool of its own, so that the same message can be
compiled again in one kernel, with other numbers or types, without a clash with the first or with
the kit's own contract.
"""

from __future__ import annotations

import re
import subprocess
import sys
import weakref
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from energykit import html
from energykit.errors import MissingPackageError, UsageError
from energykit.module_command import module_command
from energykit.temporary_folder import TemporaryFolder

if TYPE_CHECKING:
    from google.protobuf.descriptor import FileDescriptor
    from google.protobuf.descriptor_pool import DescriptorPool

__all__ = ["CompiledProto", "ProtoError", "compile_proto", "generate_stubs"]

STUB_PACKAGE = "energykit/_proto"
"""Where the committed stubs live; a virtual path for protoc, so that their imports need no
patching.
"""
_TIMEOUT_S = 60
_COMPLAINT = re.compile(
    r"^(?P<file>[^:\n]+):(?:(?P<line>\d+):(?P<column>\d+):)? *(?P<what>.+)$", re.MULTILINE
)


class ProtoError(UsageError):
    """protoc refused a .proto; `where` is its ``file:line:column``."""


@dataclass(frozen=True, kw_only=True, repr=False)
class CompiledProto:
    """What compiling one .proto gave."""

    name: str
    """Name of the .proto without its suffix."""
    text: str
    """The .proto."""
    folder: Path
    """Where the .proto and the generated files lie."""
    messages: ModuleType
    """The module ``NAME_pb2``: message classes."""
    services: ModuleType
    """The module ``NAME_pb2_grpc``: stubs and servicers."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The generated files."""
        return tuple(sorted(self.folder.glob(f"{self.name}_pb2*.py*")))

    def __repr__(self) -> str:
        """Name the messages and services."""
        return f"{self.name}.proto: {', '.join(self._contents()) or 'empty'}"

    def _contents(self) -> list[str]:
        descriptor = self.messages.DESCRIPTOR
        messages = [f"message {name}" for name in descriptor.message_types_by_name]
        return messages + [f"service {name}" for name in descriptor.services_by_name]

    def _repr_html_(self) -> html.Html:
        sizes = [(path.name, f"{path.stat().st_size:,} bytes") for path in self.files]
        return html.card(repr(self), html.table(("generated", "size"), sizes))


def compile_proto(
    text: str, name: str = "lesson", *, folder: Path | str | None = None
) -> CompiledProto:
    """Compile .proto text and import what it gives.

    Parameters
    ----------
    text
        The .proto.
    name
        Its name without a suffix; a Python identifier.
    folder
        Where the files go; by default a fresh temporary folder, removed when the modules are no
        longer used.

    Raises
    ------
    ProtoError
        protoc refused it.
    energykit.errors.UsageError
        The name is not an identifier.
    energykit.errors.MissingPackageError
        grpcio-tools is not installed.
    """
    if not name.isidentifier():
        raise UsageError(
            f"{name!r} cannot name a module", where="name", hint="letters, digits and _, no suffix"
        )
    if folder is not None:
        return _compiled(text, name, Path(folder))
    own = TemporaryFolder("proto")
    try:
        compiled = _compiled(text, name, own.path)
    except BaseException:
        own.remove()
        raise
    weakref.finalize(compiled.messages, own.remove)
    return compiled


def _compiled(text: str, name: str, folder: Path) -> CompiledProto:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.proto").write_text(text, encoding="utf-8", newline="\n")
    _protoc(["-I", "."], (f"{name}.proto",), output=folder, folder=folder)
    messages = _messages(folder, name)
    return CompiledProto(
        name=name, text=text, folder=folder, messages=messages, services=_services(folder, messages)
    )


def generate_stubs(protos: Path, output: Path) -> tuple[Path, ...]:
    """Generate the kit's stubs from a folder of .proto files.

    Parameters
    ----------
    protos
        The folder, flat.
    output
        The stubs go to ``energykit/_proto`` below it.

    Returns
    -------
    tuple of pathlib.Path
        The generated files, sorted.

    Raises
    ------
    ProtoError
        protoc refused one.
    energykit.errors.MissingPackageError
        grpcio-tools is not installed.
    """
    names = sorted(path.name for path in protos.glob("*.proto"))
    if not names:
        raise UsageError(
            "there is no .proto file", where=str(protos), hint="name the folder that holds protos/"
        )
    output.mkdir(parents=True, exist_ok=True)
    files = tuple(f"{STUB_PACKAGE}/{name}" for name in names)
    _protoc(["-I", f"{STUB_PACKAGE}={protos.resolve()}"], files, output=output, folder=output)
    return tuple(sorted((output / STUB_PACKAGE).glob("*_pb2*.py*")))


def _protoc(paths: list[str], files: tuple[str, ...], *, output: Path, folder: Path) -> None:
    if find_spec("grpc_tools") is None:
        raise MissingPackageError(
            "grpcio-tools", extra="notebooks", needed_for="compiling a .proto"
        )
    outputs = [f"--{kind}_out={output.resolve()}" for kind in ("python", "pyi", "grpc_python")]
    command = module_command("grpc_tools.protoc", *paths, *outputs, *files)
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    if done.returncode:
        raise _refusal(done.stderr)


def _refusal(complaint: str) -> ProtoError:
    """Return protoc's own words, the first place as `where`."""
    found = _COMPLAINT.search(complaint)
    if found is None:
        return ProtoError(f"protoc refused it: {complaint.strip()}")
    place = ":".join(part for part in found.group("file", "line", "column") if part)
    rest = complaint[found.end() :].strip()
    return ProtoError(found["what"], where=place, hint=f"protoc also says: {rest}" if rest else "")


def _messages(folder: Path, name: str) -> ModuleType:
    """Run the generated messages module in a descriptor pool of its own."""
    path = folder / f"{name}_pb2.py"
    source = path.read_text(encoding="utf-8")
    module = ModuleType(path.stem)
    vars(module)["_energykit_pool"] = _pool_for(source)
    code = source.replace("_descriptor_pool.Default()", "_energykit_pool")
    _run_generated(code, path, module)
    return module


def _run_generated(code: str, path: Path, module: ModuleType) -> None:
    """Run code that protoc made of the user's own text in the names of `module`."""
    exec(compile(code, str(path), "exec"), vars(module))  # noqa: S102  # of the user's own text


def _pool_for(source: str) -> DescriptorPool:
    """Return a pool that knows the well-known types that a generated module imports."""
    from google.protobuf.descriptor_pool import DescriptorPool  # not needed to generate

    pool = DescriptorPool()
    for name in re.findall(r"^from google\.protobuf import (\w+_pb2)", source, re.MULTILINE):
        _add_known(pool, import_module(f"google.protobuf.{name}").DESCRIPTOR)
    return pool


def _add_known(pool: DescriptorPool, known: FileDescriptor) -> None:
    for dependency in known.dependencies:
        _add_known(pool, dependency)
    pool.AddSerializedFile(known.serialized_pb)


def _services(folder: Path, messages: ModuleType) -> ModuleType:
    """Run the generated services module; its import of the messages finds the module just made."""
    path = folder / f"{messages.__name__}_grpc.py"
    module = ModuleType(path.stem)
    code = path.read_text(encoding="utf-8")
    before = sys.modules.get(messages.__name__)
    sys.modules[messages.__name__] = messages
    try:
        _run_generated(code, path, module)
    finally:
        if before is None:
            del sys.modules[messages.__name__]
        else:
            sys.modules[messages.__name__] = before
    return module
