#!/usr/bin/env bash
# temporian asks for no version of numpy, so pip brings the newest. With numpy 2 each moving or cumulative sum, mean, highest value
# and count has the last row's value in every row, and so has a lag that is resampled to the readings: an hour's consumption from a
# register is negative. With numpy 1.26 all are right. Nothing is said. (Its wheels end with Python 3.11.)
source "$(dirname "$0")/environment.sh"
packages temporian==0.9.0 pandas==2.3.3 numpy==2.4.6 protobuf==7.36.2
cat >script.py <<'PYTHON'
import numpy
import temporian

HOUR = 3600.0
STAMPS = [0.0, HOUR, 2 * HOUR, 3 * HOUR]
kwh = temporian.event_set(timestamps=STAMPS, features={"kwh": [1.0, 2.0, 3.0, 4.0]})
register = temporian.event_set(timestamps=STAMPS, features={"kwh": [1.0, 3.0, 6.0, 10.0]})
results = {
    "moving sum of two hours": kwh.moving_sum(2 * HOUR),
    "moving mean of two hours": kwh.simple_moving_average(2 * HOUR),
    "highest of two hours": kwh.moving_max(2 * HOUR),
    "readings of two hours": kwh.moving_count(2 * HOUR),
    "cumulative sum": kwh.cumsum(),
    "register less the one of an hour before": register - register.lag(HOUR).resample(register),
}
print("numpy", numpy.__version__)
for name, events in results.items():
    print(f"{name}:", *events.get_arbitrary_index_data().features[0])
PYTHON
seen "$python" script.py <<'SEEN'
numpy 2.4.6
moving sum of two hours: 7.0 7.0 7.0 7.0
moving mean of two hours: 3.5 3.5 3.5 3.5
highest of two hours: 4.0 4.0 4.0 4.0
readings of two hours: 2 2 2 2
cumulative sum: 10.0 10.0 10.0 10.0
register less the one of an hour before: nan -3.0 0.0 4.0
SEEN
"$python" -m pip install --quiet --disable-pip-version-check numpy==1.26.4
seen "$python" script.py <<'SEEN'
numpy 1.26.4
moving sum of two hours: 1.0 3.0 5.0 7.0
moving mean of two hours: 1.0 1.5 2.5 3.5
highest of two hours: 1.0 2.0 3.0 4.0
readings of two hours: 1 2 2 2
cumulative sum: 1.0 3.0 6.0 10.0
register less the one of an hour before: nan 2.0 3.0 4.0
SEEN
