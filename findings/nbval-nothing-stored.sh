#!/usr/bin/env bash
# pytest --nbval runs a notebook and compares what each cell prints with what is stored. A notebook that nbstripout has been
# over, as a Git filter does, has nothing stored, and every cell of it passes, whatever it prints or returns: the day's
# energy may be nan. Where something is stored in a cell, more output in it fails, and so does none.
source "$(dirname "$0")/environment.sh"
packages nbval==0.11.0 nbstripout==0.9.1 ipykernel==7.4.0 nbclient==0.11.0
cat >script.py <<'PYTHON'
import subprocess
import sys

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

KERNEL = {"name": "python3", "display_name": "Python", "language": "python"}


def result(text):
    return new_output("execute_result", {"text/plain": text}, execution_count=1)


def printed(text):
    return new_output("stream", name="stdout", text=text)


def verdict(name, code, outputs, strip=False):
    cells = [new_code_cell(code, outputs=outputs, execution_count=1)]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), "energy.ipynb")
    if strip:
        subprocess.run([sys.executable, "-m", "nbstripout", "energy.ipynb"], check=True)
    tested = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "energy.ipynb"]
    code = subprocess.run(tested, capture_output=True).returncode
    print(f"{name:42} {'passed' if code == 0 else 'failed'}")


WRONG = "float('nan') * 24"
verdict("24.0 stored, nan returned", WRONG, [result("24.0")])
verdict("the same after nbstripout", WRONG, [result("24.0")], strip=True)
verdict("'1' stored, '1' and a warning printed", "import sys\nprint(1)\nprint('!', file=sys.stderr)", [printed("1\n")])
verdict("'1' stored, nothing printed", "pass", [printed("1\n")])
PYTHON
seen env PATH="$folder/environment/bin:$PATH" "$python" -W ignore script.py <<'SEEN'
24.0 stored, nan returned                  failed
the same after nbstripout                  passed
'1' stored, '1' and a warning printed      failed
'1' stored, nothing printed                failed
SEEN
