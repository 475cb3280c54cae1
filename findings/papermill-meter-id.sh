#!/usr/bin/env bash
# papermill -p takes whatever Python's int() or float() takes for a number: a meter's id loses its leading zeros, an
# underscore vanishes from it, and 'infinity' is a number. -r keeps texts as they are.
source "$(dirname "$0")/environment.sh"
packages papermill==2.7.0 ipykernel==7.4.0
cat >notebook.py <<'PYTHON'
import nbformat

cell = nbformat.v4.new_code_cell("meter = ''")
cell.metadata["tags"] = ["parameters"]
notebook = nbformat.v4.new_notebook(cells=[cell, nbformat.v4.new_code_cell("print(repr(meter))")])
notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python", "language": "python"}
nbformat.write(notebook, "meter.ipynb")
PYTHON
cat >script.sh <<'SHELL'
environment/bin/python notebook.py
for option in "-p meter 0042" "-p meter 10_2" "-p meter 1e3" "-p meter infinity" "-r meter 0042"; do
    environment/bin/papermill $option meter.ipynb out.ipynb >/dev/null 2>&1
    environment/bin/python -c "
import json
printed = json.load(open('out.ipynb'))['cells'][2]['outputs'][0]['text']
print('$option ->', ''.join(printed).strip())"
done
SHELL
seen bash script.sh <<'SEEN'
-p meter 0042 -> 42
-p meter 10_2 -> 102
-p meter 1e3 -> 1000.0
-p meter infinity -> inf
-r meter 0042 -> '0042'
SEEN
