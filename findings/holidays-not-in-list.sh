#!/usr/bin/env bash
# A load profile needs the public holidays, and asks for a whole column: to pandas' isin and map, to list and to len, the
# calendar of the package holidays has none. It works out a year when a single date of it is asked for with "in"; after
# that, the same isin of dates finds them, and one of timestamps still does not. With years= given, dates are found at once.
source "$(dirname "$0")/environment.sh"
packages holidays==0.109 pandas==3.1.1
cat >script.py <<'PYTHON'
import holidays
import pandas as pd

year = pd.date_range("2025-01-01", "2025-12-31")


def found(bavaria):
    dates = pd.Series(year.date)
    return f"isin of dates {dates.isin(bavaria).sum()}, of timestamps {year.isin(bavaria).sum()}, map {dates.map(bavaria).count()}"


bavaria = holidays.country_holidays("DE", subdiv="BY")
print(f"a new calendar:   {found(bavaria)}, len {len(bavaria)}")
print("one day with in: ", pd.Timestamp("2025-12-25") in bavaria)
print(f"after it:         {found(bavaria)}, len {len(bavaria)}")
print("each day with in:", sum(day in bavaria for day in year))
print("with years=2025: ", found(holidays.country_holidays("DE", subdiv="BY", years=2025)))
PYTHON
seen "$python" script.py <<'SEEN'
a new calendar:   isin of dates 0, of timestamps 0, map 0, len 0
one day with in:  True
after it:         isin of dates 12, of timestamps 0, map 12, len 12
each day with in: 12
with years=2025:  isin of dates 12, of timestamps 0, map 12
SEEN
