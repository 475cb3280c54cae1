#!/usr/bin/env bash
# A notebook's cell that ends with exit(1), as a script would, has succeeded for papermill, nbmake and nbconvert, and the
# cells after it run. Of a script that %run ends with code 3, and of an exception under %%capture, the executed
# notebook holds the error; papermill and nbmake find it there, nbconvert --execute ends with 0 all the same.
source "$(dirname "$0")/environment.sh"
packages papermill==2.7.0 nbmake==1.5.5 nbconvert==7.17.2 nbclient==0.11.0 ipykernel==7.4.0
cat >notebooks.py <<'PYTHON'
import nbformat
from nbformat.v4 import new_code_cell, new_notebook

open("load.py", "w").write("import sys\nsys.exit(3)\n")
KERNEL = {"name": "python3", "display_name": "Python", "language": "python"}
for name, code in {
    "exit": "if True:  # no readings\n    exit(1)",
    "script": "%run load.py",
    "capture": "%%capture\nreadings = 1 / 0",
    "plain": "readings = 1 / 0",
}.items():
    cells = [new_code_cell(code), new_code_cell("print('went on')")]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), f"{name}.ipynb")
PYTHON
cat >script.sh <<'SHELL'
export PATH="$PWD/environment/bin:$PATH" PYTHONWARNINGS=ignore
python notebooks.py
code() { "$@" >/dev/null 2>&1 && echo 0 || echo $?; }
for name in exit script capture plain; do
    made="papermill $(code papermill "$name.ipynb" "by-papermill-$name.ipynb")"
    made+=", nbmake $(code pytest -p no:cacheprovider --nbmake "$name.ipynb")"
    made+=", nbconvert $(code jupyter nbconvert --to notebook --execute --output "by-nbconvert-$name" "$name.ipynb")"
    went=$(grep -l 'went on\\n' by-*-"$name.ipynb" | wc -l)
    errors=$(grep -l '"output_type": "error"' by-*-"$name.ipynb" | wc -l)
    echo "$name: $made; went on in $went of 2 executed notebooks, $errors hold an error"
done
SHELL
seen bash script.sh <<'SEEN'
exit: papermill 0, nbmake 0, nbconvert 0; went on in 2 of 2 executed notebooks, 0 hold an error
script: papermill 1, nbmake 1, nbconvert 0; went on in 2 of 2 executed notebooks, 2 hold an error
capture: papermill 1, nbmake 1, nbconvert 0; went on in 2 of 2 executed notebooks, 2 hold an error
plain: papermill 1, nbmake 1, nbconvert 1; went on in 0 of 2 executed notebooks, 1 hold an error
SEEN
