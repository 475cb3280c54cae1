"""Build the documentation: pages, generated reference and executed lessons, then check every link.

python tools/docs.py FOLDER [--without-lessons]

Nothing is loaded from a network, neither while it is built nor by the pages. The pages are laid out
in build/docs, links between them rewritten; mkdocs.yml says how they look. FOLDER is mkdocs.yml's
``site_dir``. The exit code is 1 where a link leads nowhere.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from docs_links import check_links
from docs_reference import write_reference

from energykit.course import lessons, make_site

ROOT = Path(__file__).resolve().parent.parent
STAGING = ROOT / "build" / "docs"
MOVED = {
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "notebooks/README.md": "lessons.md",
    "notebooks/glossary.md": "glossary.md",
    "findings/README.md": "findings.md",
}
"""Pages that stand elsewhere in the repository, and their place in the documentation."""
SECTIONS = {
    "Start": ["index.md"],
    "Tutorials": ["lessons.md", "glossary.md"],
    "How-to": ["your-data.md", "configuration.md", "sweeps.md", "how-to/import-a-file.md",
               "how-to/add-a-stage.md", "how-to/run-in-ci.md", "how-to/grade.md",
               "how-to/run-for-a-class.md", "instructor.md", "resume.md", "distributed.md"],
    "Reference": ["nomenclature.md", "detectors.md"],
    "Explanation": ["runner.md", "runner-gallery.md", "synthetic-households.md", "performance.md"],
    "Project": ["contributing.md", "changelog.md", "decisions.md", "security.md", "findings.md"],
}  # fmt: skip
"""Where each page goes; one that is not named here is an explanation."""
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")


def place_of(source: Path) -> str:
    """Return where a page of the repository stands in the documentation; empty for none."""
    name = source.relative_to(ROOT).as_posix() if source.is_relative_to(ROOT) else ""
    if name in MOVED:
        return MOVED[name]
    if re.fullmatch(r"notebooks/\d\d-[\w-]+\.ipynb", name):
        return f"lessons/{Path(name).stem}.html"
    inside = name.startswith("docs/") and (source.is_file() or name.startswith("docs/reference/"))
    return name.removeprefix("docs/") if inside else ""


def rewrite(text: str, source: Path) -> str:
    """Return a page with its links as they are in the documentation.

    A link to a file that is not part of the documentation becomes its name.
    """

    def replace(match: re.Match[str]) -> str:
        mark, label, target = match.groups()
        path, hash_mark, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target) or not path:
            return match[0]
        resolved = Path(os.path.normpath(source.parent / path))
        place = place_of(resolved)
        if not place:
            return label if label.startswith("`") else f"{label} (`{resolved.relative_to(ROOT)}`)"
        here = Path(place_of(source)).parent
        return f"{mark}[{label}]({os.path.relpath(place, here)}{hash_mark}{anchor})"

    return _LINK.sub(replace, text)


def lay_out_pages() -> list[str]:
    """Copy every page and figure to the staging folder, and return the pages' places."""
    shutil.rmtree(STAGING, ignore_errors=True)
    sources = [*(ROOT / "docs").rglob("*.md"), *(ROOT / name for name in MOVED)]
    places = []
    for source in filter(Path.is_file, sources):
        place = place_of(source)
        target = STAGING / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(rewrite(source.read_text("utf-8"), source), "utf-8", newline="\n")
        places.append(place)
    shutil.copytree(ROOT / "docs" / "figures", STAGING / "figures")
    shutil.copytree(ROOT / "tools" / "docs_assets", STAGING / "scripts")
    return places


def write_navigation(places: list[str], generated: list[str]) -> Path:
    """Write mkdocs' configuration with the navigation, and return its path."""
    named = {place for section in SECTIONS.values() for place in section}
    rest = sorted(place for place in places if place not in named)
    extra = {"Explanation": rest, "Reference": generated}
    lines = [f"INHERIT: {ROOT / 'mkdocs.yml'}", f"docs_dir: {STAGING}", "nav:"]
    for section, pages in SECTIONS.items():
        lines.append(f"  - {section}:")
        present = [page for page in pages if page in places] + extra.get(section, [])
        lines += [f"    - {page}" for page in present]
    path = ROOT / "build" / "mkdocs.yml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_lessons(site: Path, *, are_run: bool) -> None:
    """Run the lessons and write them below the site; without running them, a page that says so."""
    if are_run:
        print("==> running the lessons")
        make_site(site / "lessons", jobs=2).raise_for_failure()
        return
    (site / "lessons").mkdir(parents=True, exist_ok=True)
    for lesson in lessons():
        text = (
            f"<!doctype html><title>{lesson.title}</title><p>{lesson.title}: not run for this build"
        )
        (site / "lessons" / f"{lesson.name}.html").write_text(text, encoding="utf-8")


def write_search_script(site: Path) -> None:
    """Write the search's index as a script, too: a page from a folder may not read the JSON."""
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    (site / "search" / "search_index.js").write_text(f"var __index = {index}", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Lay out, generate, build, run the lessons, check."""
    folders = [argument for argument in arguments if not argument.startswith("--")]
    if len(folders) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    site = Path(folders[0]).absolute()
    places = lay_out_pages()
    configuration = write_navigation(places, write_reference(STAGING))
    build = ["build", "--quiet", "--clean", "-f", configuration, "-d", site]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", *map(str, build)]
    if subprocess.run(command, check=False, cwd=ROOT, env=environment).returncode:
        return 1
    (site / "404.html").unlink(missing_ok=True)  # its links only work at the root of a host
    write_search_script(site)
    write_lessons(site, are_run="--without-lessons" not in arguments)
    faults = check_links(site)
    print("\n".join(faults), file=sys.stderr)
    pages = len(list(site.rglob("*.html")))
    print(f"==> {pages} pages, {len(faults)} links that lead nowhere: open {site / 'index.html'}")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
