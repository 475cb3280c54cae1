#!/usr/bin/env bash
# A meter over LoRaWAN sends kWh as whole thousandths (CayenneLPP), a P1 telegram kWh and kW with three decimals. pycayennelpp,
# when it writes, and amshan, when it reads, multiply the float by 1000 and cut off what is behind the point: 1.001 kWh is 1.000.
# Below 10 kWh that is one value of a hundred, and of 1 to 1.03 kWh every other one: a steady 1 Wh is 0, 2, 0, 2.
source "$(dirname "$0")/environment.sh"
packages pycayennelpp==2.4.0 amshan==2.1.1 construct==2.10.70
cat >script.py <<'PYTHON'
from cayennelpp import LppFrame
from han.dlde import DataReadout, decode_p1_readout


def pycayennelpp(text):
    frame = LppFrame()
    frame.add_energy(1, float(text))
    return int.from_bytes(bytes(frame)[2:], "big")


def amshan(text):
    telegram = f"/KFM5KAIFA-METER\r\n\r\n1-0:1.7.0({text}*kW)\r\n!\r\n"
    return decode_p1_readout(DataReadout(telegram.encode()))["active_power_import"]


for reader in (pycayennelpp, amshan):
    values = {whole: reader(f"{whole // 1000:02}.{whole % 1000:03}") for whole in range(10000)}
    wrong = [whole for whole, value in values.items() if value != whole]
    print(f"{reader.__name__}: of 0 to 9.999, {len(wrong)} are 0.001 less:", all(values[whole] == whole - 1 for whole in wrong))
    print("    1.000, 1.001 … 1.010 are", *(values[whole] for whole in range(1000, 1011)))
PYTHON
seen "$python" script.py <<'SEEN'
pycayennelpp: of 0 to 9.999, 95 are 0.001 less: True
    1.000, 1.001 … 1.010 are 1000 1000 1002 1002 1004 1004 1006 1006 1008 1008 1010
amshan: of 0 to 9.999, 95 are 0.001 less: True
    1.000, 1.001 … 1.010 are 1000 1000 1002 1002 1004 1004 1006 1006 1008 1008 1010
SEEN
