#!/usr/bin/env bash
# Noon in Berlin, for bokeh: a pandas Timestamp and a data source made of a frame are at 10:00 of the axis, which is UTC; a
# datetime of the standard library with the same zone, in a list or as a Span, is at 12:00, its local clock. A mark "at
# noon" stands two hours beside the reading that was taken at noon; in winter, one.
source "$(dirname "$0")/environment.sh"
packages bokeh==3.9.2 pandas==3.1.1 numpy==2.4.6
cat >script.py <<'PYTHON'
import json
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pandas as pd
from bokeh.embed import json_item
from bokeh.models import ColumnDataSource, Span
from bokeh.plotting import figure

noon = datetime(2025, 7, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))
stamp = pd.Timestamp(noon)
frame = pd.DataFrame({"kw": [1.0]}, index=pd.DatetimeIndex([stamp], name="time"))


def shown(**what):
    """Return where the axis, which is in UTC, has a place: in milliseconds since 1970."""
    plot = figure(x_axis_type="datetime")
    if "span" in what:
        plot.add_layout(Span(location=what["span"], dimension="height"))
    else:
        plot.scatter(what["list"], [1.0])
    (place,) = set(re.findall(r"\b1751\d{9}", json.dumps(json_item(plot))))
    return f"{datetime.fromtimestamp(int(place) / 1000, UTC):%H:%M}"


print("the instant, in UTC:      ", f"{noon.astimezone(UTC):%H:%M}")
print("data source of a frame:   ", str(ColumnDataSource(frame).data["time"][0])[11:16])
print("list of pandas Timestamps:", shown(list=[stamp]))
print("list of datetimes:        ", shown(list=[noon]))
print("list of datetimes in UTC: ", shown(list=[noon.astimezone(UTC)]))
print("Span at a Timestamp:      ", shown(span=stamp))
print("Span at a datetime:       ", shown(span=noon))
PYTHON
seen "$python" -W ignore script.py <<'SEEN'
the instant, in UTC:       10:00
data source of a frame:    10:00
list of pandas Timestamps: 10:00
list of datetimes:         12:00
list of datetimes in UTC:  10:00
Span at a Timestamp:       10:00
Span at a datetime:        12:00
SEEN
