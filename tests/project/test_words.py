"""Names, messages and pages use the field's plain words: the table in CONTRIBUTING says which."""

import ast
import io
import json
import re
import tokenize
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMPARED = "longer|more|less|faster|slower|better|worse|larger|smaller|higher|lower|use"
PATTERNS = {
    "mend": r"\bmend(?:s|ed|ing)?\b",
    "told": r"\btold\b(?! apart)",
    "judged": r"\bjudged\b",
    "carry out": r"\bcarr(?:y|ies|ied|ying) out\b",
    "circle": r"(?<![\"'<])\bcircles?\b(?![\"'])",
    "is no …": rf"(?<!there )\b(?:is|are|was|were) no (?!{COMPARED}|doubt\b|one\b)",
    "names no …": r"\bnames no\b",
    "stands there": r"\b(?:stands?|stood) there\b",
    "in vain": r"\bin vain\b",
    "anew": r"\banew\b",
    "shall": r"\bshall\b",
    "hence": r"\bhence\b",
}
"""How each entry of the table in CONTRIBUTING is found."""
PARTICIPLES = {"found", "given", "judged", "known", "looked", "made", "said", "seen", "told"}
"""As the whole name of a function they say neither what is done nor to what."""


def read_table() -> dict[str, str]:
    """What to write instead of each entry, as CONTRIBUTING says it."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = page.partition("| instead of | write |")[2].partition("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if " | " in line]
    return {row[0].strip("`"): row[1] for row in rows if not row[0].startswith("---")}


INSTEAD = read_table()


def code_texts(path: Path):
    """Yield the line and the text of every string, comment and name of a module."""
    source = path.read_text(encoding="utf-8")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        kind = tokenize.tok_name[token.type]
        if kind in {"STRING", "COMMENT", "FSTRING_MIDDLE"}:
            yield from enumerate(token.string.splitlines(), token.start[0])
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            words = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", node.name).lower()
            yield node.lineno, words


def notebook_texts(path: Path):
    """Yield the cell's number and each line of its Markdown."""
    for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"], 1):
        if cell["cell_type"] == "markdown":
            for line in "".join(cell["source"]).splitlines():
                yield number, line


def page_texts(path: Path):
    """Yield the number and the text of every line outside the table of words."""
    is_table = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        is_table = line.startswith("|") and (is_table or "instead of | write" in line)
        if not is_table:
            yield number, line


def violations(path: Path) -> list[str]:
    """``file:line: what is there; write …`` for each word that the table replaces."""
    texts = {".py": code_texts, ".ipynb": notebook_texts}.get(path.suffix, page_texts)
    name = path.relative_to(ROOT).as_posix()
    return [
        f"{name}:{number}: {match[0]!r}; write {INSTEAD[entry]}"
        for number, line in texts(path)
        for entry, pattern in PATTERNS.items()
        for match in re.finditer(pattern, line, re.IGNORECASE)
    ]


def files() -> list[Path]:
    code = [*(ROOT / "energykit").rglob("*.py"), *(ROOT / "services").rglob("*.py")]
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "notebooks").glob("*.md")]
    tools = [*(ROOT / "tools").glob("*.py"), *(ROOT / "benchmarks").glob("*.py")]
    every = [*code, *pages, *tools, *(ROOT / "notebooks").glob("*.ipynb")]
    return sorted(
        path for path in every if "_proto" not in path.parts and path.name != "changelog.md"
    )


FILES = files()


def area(path: Path) -> str:
    """The room that a file belongs to: ``energykit/config``, ``docs``."""
    parts = path.relative_to(ROOT).parts
    return "/".join(parts[:2]) if parts[0] in {"energykit", "services"} else parts[0]


AREAS = sorted({area(path) for path in FILES})


def test_every_entry_of_the_table_is_looked_for():
    assert INSTEAD.keys() == PATTERNS.keys()


@pytest.mark.parametrize("name", AREAS)
def test_an_area_uses_plain_words(name):
    found = [text for path in FILES if area(path) == name for text in violations(path)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("mend next_node, or the path", True),
        ("we recommend it", False),
        ("x is no number", True),
        ("there is no stage", False),
        ("it is no longer there", False),
        ("column 't' stands there 2 times", True),
        ("a call in vain", True),
        ("a shallow copy, henceforth", False),
    ],
)
def test_the_patterns_find_what_they_should(text, is_wrong):
    assert any(re.search(pattern, text) for pattern in PATTERNS.values()) is is_wrong


def functions(path: Path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("name", AREAS)
def test_a_function_is_named_by_a_verb_and_its_object(name):
    paths = [path for path in FILES if path.suffix == ".py" and area(path) == name]
    found = [
        f"{path.relative_to(ROOT).as_posix()}:{node.lineno}: {node.name}() says neither what it "
        "does nor to what; name it by a verb and its object, such as format_attempt"
        for path in paths
        for node in functions(path)
        if node.name.strip("_") in PARTICIPLES
    ]
    assert not found, "\n".join(found)


def test_a_public_class_name_appears_once():
    places = defaultdict(list)
    for path in FILES:
        if path.suffix != ".py" or path.parts[len(ROOT.parts)] not in {"energykit", "services"}:
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(f"{path.relative_to(ROOT).as_posix()}:{node.lineno}")
    twice = {name: where for name, where in places.items() if len(where) > 1}
    texts = [
        f"{', '.join(where)}: class {name} appears {len(where)} times; give each a name of its own"
        for name, where in sorted(twice.items())
    ]
    assert not texts, "\n".join(texts)
