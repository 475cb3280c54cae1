"""The files of a configuration: none is written twice, over an input, or read too early."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from energykit.config.graph import ancestors_of, find_cycle, predecessors_of, reachable_from
from energykit.config.source import children
from energykit.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from energykit.config.record import Container
    from energykit.config.source import ConfigSource
    from energykit.config.text import Node

__all__ = ["FileCheck"]


class FileCheck:
    """The files that the containers of a configuration read and write.

    Parameters
    ----------
    containers
        Those that could be read, by id.
    nodes
        All of them as they stand in the text.
    source
        Gets the faults.
    identify
        Returns a text that two paths share exactly where they are one file.
    """

    def __init__(
        self,
        containers: Mapping[str, Container],
        nodes: Mapping[str, Node],
        source: ConfigSource,
        identify: Callable[[str], str],
    ) -> None:
        self._containers = containers
        self._nodes = nodes
        self._source = source
        self._identify = identify
        self._following = {name: one.next_nodes for name, one in containers.items()}
        if find_cycle(self._following):  # nothing is before or after: the cycle is the fault
            self._following = dict.fromkeys(containers, ())

    def check_outputs(self, kit_writers: set[str]) -> None:
        """Report outputs that two containers write, that replace an input, or of no known format.

        Parameters
        ----------
        kit_writers
            Containers that write the kit's formats only; another one may have its own.
        """
        writers: dict[str, str] = {}
        ancestors = ancestors_of(self._following)
        for name, container in self._containers.items():
            place = self._identify(container.output_file)
            first = writers.setdefault(place, name)
            if first != name:
                what = f"{name!r} and {first!r} both write {container.output_file!r}"
                self._report_output(name, what, "give each its own output_file")
            else:
                self._report_replaced(name, place, ancestors[name] | {name})
            self._check_suffix(container, is_known=name in kit_writers)

    def _report_replaced(self, name: str, place: str, readers: set[str]) -> None:
        """Report an output that is an input of its own stage, or of one that ran before it."""
        for reader in self._containers:
            if reader not in readers:
                continue
            for file in self._containers[reader].inputs:
                if self._identify(file) == place:
                    who = "its own input" if reader == name else f"an input of {reader!r}"
                    output = self._containers[name].output_file
                    what = f"output_file {output!r} of {name!r} would replace {who}, {file!r}"
                    self._report_output(name, what, "write to another file: the input stays")

    def _check_suffix(self, container: Container, *, is_known: bool) -> None:
        from energykit.artifacts.formats import SUFFIXES

        suffix = PurePosixPath(container.output_file).suffix
        if suffix.lower() in SUFFIXES:
            return
        hint = nearest(suffix.lower(), SUFFIXES)
        if is_known or hint.startswith("did you mean"):
            shown = f"the suffix {suffix!r}" if suffix else "no suffix"
            what = f"output_file {container.output_file!r} of {container.id!r} has {shown}"
            text = f"{what}, which is not a format" if suffix else f"{what} that names its format"
            self._report_output(container.id, text, hint, is_warning=not is_known)

    def check_empty_inputs(self) -> None:
        """Report containers that follow another one and read nothing."""
        for name, before in predecessors_of(self._following).items():
            if not before or self._containers[name].inputs:
                continue
            written = self._containers[before[0]].output_file
            what = f"container {name!r} follows {before[0]!r} and has no input_file"
            hint = (
                f'name what it reads, such as "{written}"; only the first container reads nothing'
            )
            self._source.report(self._at(name, "input_file"), what, hint)

    def check_sources(self, start: str, exists: Callable[[str], bool]) -> None:
        """Warn of inputs of running containers that nothing writes before them and nobody sees."""
        running = reachable_from(start, self._following)
        writers = {
            self._identify(one.output_file): name
            for name, one in reversed(list(self._containers.items()))
            if name in running
        }
        ancestors = ancestors_of(self._following)
        for name, container in self._containers.items():
            for file in container.inputs if name in running else ():
                writer = writers.get(self._identify(file), "")
                if writer not in ancestors[name] and not exists(file):
                    self._warn_source(name, file, writer)

    def _warn_source(self, name: str, file: str, writer: str) -> None:
        if writer:
            who, hint = f"{writer!r} does not run before it", "fix next_node or the path"
            what = f"{name!r} reads {file!r}, but {who}"
        else:
            what = f"no container that runs writes {file!r}, which {name!r} reads"
            hint = "check the path, if this machine should see it"
        what += ", and it does not exist in this data root"
        key = "input_files" if self._containers[name].input_files else "input_file"
        self._source.report(self._at(name, key), what, hint, is_warning=True)

    def _report_output(self, name: str, what: str, hint: str, *, is_warning: bool = False) -> None:
        at = self._at(name, "output_file")
        self._source.report(at, what, hint, is_warning=is_warning)

    def _at(self, name: str, key: str) -> int:
        """Return where a value of a container is, or where the container is."""
        node = self._nodes[name]
        return children(node)[key].at if key in children(node) else node.at
