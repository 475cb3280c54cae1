"""Say in one sentence whether this interpreter can run energykit; exit 1 if not."""

import sys

FIRST, LAST = (3, 11), (3, 14)


def describe_refusal(version):
    """Return why a version of Python cannot run the kit, and what to do; empty if it can."""
    if FIRST <= version[:2] <= LAST:
        return ""
    name = ".".join(map(str, version[:3]))
    text = f"energykit needs Python 3.11 to 3.14, this is {name}"
    if version[:2] > LAST:
        return (
            f"{text}: it follows as soon as numpy, polars, grpcio and pyarrow have wheels for it; "
            "until then: make PYTHON=python3.14 ..."
        )
    return f"{text}; choose another: make PYTHON=python3.12 ..."


if __name__ == "__main__":
    sys.exit(describe_refusal(tuple(sys.version_info)) or 0)
