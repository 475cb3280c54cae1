#!/usr/bin/env bash
# Both Python clients of InfluxDB divide whole nanoseconds as floats and cut off the rest: written in milliseconds, one stamp of
# eight is a millisecond early, in microseconds one of 64 a microsecond. The same reading, written again with the whole number of
# milliseconds, is a second point. Seconds and nanoseconds are right.
source "$(dirname "$0")/environment.sh"
packages influxdb-client==1.50.0 influxdb3-python==0.21.0 pandas==3.1.1 pyarrow==26.0.1
cat >script.py <<'PYTHON'
from datetime import datetime, timedelta, timezone

import influxdb_client
import influxdb_client_3
import pandas as pd
from influxdb_client.client.write.dataframe_serializer import data_frame_to_list_of_points
from influxdb_client.client.write_api import PointSettings

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
BEGIN = datetime(2025, 7, 1, tzinfo=timezone.utc)
UNITS = {"s": timedelta(seconds=1), "ms": timedelta(milliseconds=1), "us": timedelta(microseconds=1)}


def written(line):
    return int(line.split()[-1])


for unit, step in UNITS.items():
    stamps = [BEGIN + number * step for number in range(6400)]
    right = [(stamp - EPOCH) // step for stamp in stamps]
    for client in (influxdb_client, influxdb_client_3):
        lines = [client.Point("meter").field("power", 230.5).time(stamp, unit).to_line_protocol() for stamp in stamps]
        early = [value - written(line) for value, line in zip(right, lines, strict=True)]
        print(f"{client.__name__}, 6400 points in {unit}: {sum(n == 1 for n in early)} one early, {early.count(0)} right")
    frame = pd.DataFrame({"power": 230.5}, index=pd.DatetimeIndex(stamps))
    lines = data_frame_to_list_of_points(frame, PointSettings(), unit, data_frame_measurement_name="meter")
    early = [value - written(line) for value, line in zip(right, lines, strict=True)]
    print(f"a frame, 6400 rows in {unit}: {sum(n == 1 for n in early)} one early, {early.count(0)} right")
for value in (BEGIN + timedelta(milliseconds=2), 1751328000002):
    print(value, "is written as", influxdb_client.Point("meter").field("power", 230.5).time(value, "ms").to_line_protocol())
PYTHON
seen "$python" script.py <<'SEEN'
influxdb_client, 6400 points in s: 0 one early, 6400 right
influxdb_client_3, 6400 points in s: 0 one early, 6400 right
a frame, 6400 rows in s: 0 one early, 6400 right
influxdb_client, 6400 points in ms: 800 one early, 5600 right
influxdb_client_3, 6400 points in ms: 800 one early, 5600 right
a frame, 6400 rows in ms: 800 one early, 5600 right
influxdb_client, 6400 points in us: 100 one early, 6300 right
influxdb_client_3, 6400 points in us: 100 one early, 6300 right
a frame, 6400 rows in us: 100 one early, 6300 right
2025-07-01 00:00:00.002000+00:00 is written as meter power=230.5 1751328000001
1751328000002 is written as meter power=230.5 1751328000002
SEEN
