#!/usr/bin/env bash
# Try every finding, or those named; the exit code is 1 where one of them is no longer so.
cd "$(dirname "$0")"
changed=0
for finding in "${@:-}"; do
    for script in ${finding:-$(ls *.sh | grep -vx -e run.sh -e environment.sh)}; do
        echo "== ${script%.sh}"
        bash "$script" || { echo "   changed: $script"; changed=1; }
    done
done
exit $changed
