#!/usr/bin/env bash
# The clocks of Swedish meters stay on standard time all year (EIFS 2016:2), and their P1 telegrams say so: a W after the
# time, also in July. dsmr-parser asks the calendar of Amsterdam whether it is summer, the letter decides in the double
# hour alone: from March to October every time is an hour early.
source "$(dirname "$0")/environment.sh"
packages dsmr-parser==1.11.2 tzdata==2026.6
cat >script.py <<'PYTHON'
from datetime import datetime, timedelta, timezone

from dsmr_parser import telegram_specifications
from dsmr_parser.parsers import TelegramParser

parser = TelegramParser(telegram_specifications.SWEDEN, apply_checksum_validation=False)
for stamp in ("250115120000W", "250701130000S", "250701120000W"):
    lines = ["/KFM5KAIFA-METER", "", f"0-0:1.0.0({stamp})", "1-0:1.8.0(00000424.413*kWh)", "!0000", ""]
    read = parser.parse("\r\n".join(lines)).P1_MESSAGE_TIMESTAMP.value
    ahead = timezone(timedelta(hours=2 if stamp[-1] == "S" else 1))
    stated = datetime.strptime(stamp[:-1], "%y%m%d%H%M%S").replace(tzinfo=ahead).astimezone(timezone.utc)
    print(f"{stamp}: dsmr-parser {read:%H:%M} UTC, as the letter says {stated:%H:%M} UTC")
PYTHON
seen "$python" script.py <<'SEEN'
250115120000W: dsmr-parser 11:00 UTC, as the letter says 11:00 UTC
250701130000S: dsmr-parser 11:00 UTC, as the letter says 11:00 UTC
250701120000W: dsmr-parser 10:00 UTC, as the letter says 11:00 UTC
SEEN
