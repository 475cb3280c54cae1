#!/usr/bin/env bash
# nemreader's pivot table of a NEM12 file has a column for each register and one quality, which is that of the register
# whose name comes first: readings of the consumption E1 that were substituted (S14) are "A", actual, because those of
# the feed-in B1 are. The plain table has the quality of each.
source "$(dirname "$0")/environment.sh"
packages nemreader==0.9.2 pandas==3.1.1
cat >script.py <<'PYTHON'
from nemreader import NEMFile

values = ",".join(["1.5"] * 48)


def meter(qualities):
    rows = ["100,NEM12,202501010000,MDP,RET"]
    for register, quality in qualities.items():
        rows.append(f"200,6123456789,B1E1,{register},{register},N1,METSER,KWH,30,")
        rows.append(f"300,20250101,{values},{quality},,,20250102000000,")
    open("meter.csv", "w").write("\n".join([*rows, "900", ""]))
    return NEMFile("meter.csv", strict=True)


for qualities in ({"E1": "S14", "B1": "A"}, {"E1": "A", "B1": "S14"}, {"E1": "S14"}):
    nem = meter(qualities)
    pivot = nem.get_pivot_data_frame()
    plain = nem.get_data_frame().groupby("suffix")["quality"].first().to_dict()
    print(f"plain {plain}, pivot {pivot['quality'].unique().tolist()} with", *pivot.columns)
PYTHON
seen "$python" -W ignore script.py <<'SEEN'
plain {'B1': 'A', 'E1': 'S14'}, pivot ['A'] with nmi t_start t_end B1 E1 quality evt_code evt_desc
plain {'B1': 'S14', 'E1': 'A'}, pivot ['S14'] with nmi t_start t_end B1 E1 quality evt_code evt_desc
plain {'E1': 'S14'}, pivot ['S14'] with nmi t_start t_end E1 quality evt_code evt_desc
SEEN
