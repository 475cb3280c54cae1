#!/usr/bin/env bash
# Quarter hours in a spreadsheet, each the cell above plus 1/96, as a column is filled down: to openpyxl and to calamine,
# every stamp is a millisecond early from the fourth week on, and midnight is 23:59:59.999 of the day before. The first of
# these days has 97 rows, the last 95; a join with exact stamps finds none of them. Stamps that are numbers of their own
# (the day and n/96) are right.
source "$(dirname "$0")/environment.sh"
packages openpyxl==3.1.5 python-calamine==0.9.1 xlsxwriter==3.3.1
cat >script.py <<'PYTHON'
from collections import Counter
from datetime import datetime, time, timedelta
from itertools import accumulate, repeat

import openpyxl
import xlsxwriter
from python_calamine import CalamineWorkbook

DAYS = 31
RIGHT = [datetime(2025, 1, 1) + timedelta(minutes=15 * n) for n in range(DAYS * 96)]
FIRST = 45658  # 1 January 2025, in days
COLUMNS = {
    "filled down": list(accumulate(repeat(1 / 96, DAYS * 96 - 1), initial=FIRST)),
    "each by itself": [FIRST + n / 96 for n in range(DAYS * 96)],
}
for name, numbers in COLUMNS.items():
    with xlsxwriter.Workbook("meter.xlsx") as book:
        sheet, shown = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for row, number in enumerate(numbers):
            sheet.write_number(row, 0, number, shown)
    cells = {
        "openpyxl": [row[0] for row in openpyxl.load_workbook("meter.xlsx").active.values],
        "calamine": [row[0] for row in CalamineWorkbook.from_path("meter.xlsx").get_sheet_by_index(0).to_python()],
    }
    for library, found in cells.items():
        stamps = [cell if isinstance(cell, datetime) else datetime.combine(cell, time()) for cell in found]
        wrong = [pair for pair in zip(stamps, RIGHT) if pair[0] != pair[1]]
        days = Counter(stamp.date() for stamp in stamps)
        print(f"{name:14} {library}: {len(wrong):3} of {len(RIGHT)} are not their quarter hour,", end=" ")
        print(*(f"{found.isoformat(' ', 'milliseconds')} for {right:%H:%M}," for found, right in wrong[:1]), end=" ")
        print("rows of days", *sorted(set(days.values())))
PYTHON
seen "$python" script.py <<'SEEN'
filled down    openpyxl: 589 of 2976 are not their quarter hour, 2025-01-25 20:44:59.999 for 20:45, rows of days 95 96 97
filled down    calamine: 589 of 2976 are not their quarter hour, 2025-01-25 20:44:59.999 for 20:45, rows of days 95 96 97
each by itself openpyxl:   0 of 2976 are not their quarter hour,  rows of days 96
each by itself calamine:   0 of 2976 are not their quarter hour,  rows of days 96
SEEN
