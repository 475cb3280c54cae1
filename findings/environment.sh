# Sourced by each finding: an environment of its own in a temporary folder, and the comparison with what was seen.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# packages NAME==VERSION ...: install them, nothing else, without this project.
packages() {
    "${PYTHON:-python3}" -m venv environment
    environment/bin/python -m pip install --quiet --disable-pip-version-check "$@"
    python=$folder/environment/bin/python
    echo "with $*"
}

# modules NAME@VERSION ...: the same for packages of Node's; `node` runs with them.
modules() {
    npm install --silent --no-audit --no-fund "$@"
    echo "with $*"
}

# seen: compare what a script printed (standard output of the command after it) with what was seen (standard input).
seen() {
    cat >seen
    "$@" >now 2>errors || { echo "ended with $?:"; tail -5 errors; exit 1; }
    cat now
    diff -u seen now >difference || { echo "this is no longer so:"; cat difference; exit 1; }
}
