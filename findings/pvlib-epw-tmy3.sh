#!/usr/bin/env bash
# The weather of one station in two formats, EPW and TMY3, whose hour 12 is in both the hour that ends at noon: pvlib's
# read_epw gives it the stamp 11:00, its begin, read_tmy3 12:00, its end. Side by side by their index, all irradiance is
# an hour apart; temperatures, which are of the end of that hour, are an hour early from the EPW.
source "$(dirname "$0")/environment.sh"
packages pvlib==0.16.1 pandas==3.0.5
cat >script.py <<'PYTHON'
import io

import pandas as pd
from pvlib.iotools import read_epw, read_tmy3

# A January: the sun is above the horizon from 08:00 to 16:00, highest at noon; both files say so hour by hour.
HOURS = [(day, hour) for day in range(1, 32) for hour in range(1, 25)]
GHI = [max(0, 400 - 25 * abs(2 * hour - 25)) if 8 < hour <= 16 else 0 for _, hour in HOURS]
epw = ["LOCATION,Exampleton,-,-,TMY3,000000,50.0,15.0,1.0,100.0", *["COMMENTS"] * 7]
epw += [
    f"2025,1,{day},{hour},60,?,5.0,0,80,101000,0,0,300,{ghi},0,{ghi},0,0,0,0,180,2.0,5,5,20,1000,9,999999999,0,0,0,88,0,0,0"
    for (day, hour), ghi in zip(HOURS, GHI)
]
tmy3 = ['000000,"EXAMPLETON",XX,1.0,50.000,15.000,100', "Date (MM/DD/YYYY),Time (HH:MM),GHI (W/m^2),Dry-bulb (C)"]
tmy3 += [f"01/{day:02}/2025,{hour:02}:00,{ghi},5.0" for (day, hour), ghi in zip(HOURS, GHI)]
for name, text in (("site.epw", epw), ("site.csv", tmy3)):
    open(name, "w").write("\n".join(text) + "\n")
from_epw = read_epw("site.epw")[0]["ghi"]
from_tmy3 = read_tmy3("site.csv", map_variables=True)[0]["ghi"]
for name, ghi in (("EPW ", from_epw), ("TMY3", from_tmy3)):
    day = ghi["2025-01-15"]
    light = day[day > 0]
    print(f"{name} sun from {light.index[0]:%H:%M} to {light.index[-1]:%H:%M},", end=" ")
    print(f"highest at {day.idxmax():%H:%M%z}")
both = pd.DataFrame({"epw": from_epw, "tmy3": from_tmy3}).dropna()
print(f"same sum: {from_epw.sum() == from_tmy3.sum()}; same by index: {(both.epw == both.tmy3).all()}, off by up to", end=" ")
print(f"{(both.epw - both.tmy3).abs().max():.0f} W/m2; same an hour later: {(from_epw.shift(freq='1h') == from_tmy3).all()}")
PYTHON
seen "$python" -W ignore script.py <<'SEEN'
EPW  sun from 08:00 to 15:00, highest at 11:00+0100
TMY3 sun from 09:00 to 16:00, highest at 12:00+0100
same sum: True; same by index: False, off by up to 225 W/m2; same an hour later: True
SEEN
