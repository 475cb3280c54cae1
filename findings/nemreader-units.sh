#!/usr/bin/env bash
# nemreader's table of a NEM12 file has no unit: a meter in Wh, one in kWh and one in MWh give the same rows, a million
# apart. The unit is in the file's 200 record, and in NEMFile's own readings, but not among the columns.
source "$(dirname "$0")/environment.sh"
packages nemreader==0.9.2 pandas==3.1.1
cat >script.py <<'PYTHON'
from nemreader import NEMFile

values = ",".join(["1.5"] * 48)
frames = {}
for unit in ("WH", "KWH", "MWH"):
    name = f"{unit}.csv"
    open(name, "w").write(
        "100,NEM12,202501010000,MDP,RET\n"
        f"200,6123456789,E1,E1,E1,N1,METSER,{unit},30,\n"
        f"300,20250101,{values},A,,,20250102000000,\n900\n"
    )
    frames[unit] = NEMFile(name, strict=True).get_data_frame()
print("columns:", *frames["WH"].columns)
print("sums:", {unit: float(frame["value"].sum()) for unit, frame in frames.items()})
print("Wh and MWh give equal tables:", frames["WH"].equals(frames["MWH"]))
PYTHON
seen "$python" script.py <<'SEEN'
columns: nmi suffix serno t_start t_end value quality evt_code evt_desc
sums: {'WH': 72.0, 'KWH': 72.0, 'MWH': 72.0}
Wh and MWh give equal tables: True
SEEN
