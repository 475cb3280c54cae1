#!/usr/bin/env bash
# A DLMS date-time says how many minutes UTC is from its clock; 0x8000 is "not stated". A meter whose clock is UTC states 0,
# and dlms-cosem gives a datetime without a zone for it, the same as for one that states nothing: its timestamp() then goes
# by the zone of the computer. At -60 and -120, winter and summer of Berlin, it has the zone. gurux keeps the three apart.
source "$(dirname "$0")/environment.sh"
packages dlms-cosem==21.3.2 gurux-dlms==1.0.203
cat >script.py <<'PYTHON'
from datetime import UTC, datetime

from dlms_cosem.time import datetime_from_bytes, datetime_to_bytes
from gurux_dlms import GXDLMSClient
from gurux_dlms.enums import DataType

NOON = "07E9 07 01 02 0C 00 00 00"  # 1 July 2025, a Tuesday, 12:00:00
for name, deviation in (("UTC-1 h", "003C"), ("UTC", "0000"), ("UTC+2 h", "FF88"), ("not stated", "8000")):
    data = bytes.fromhex(NOON + deviation + "00")
    found, _ = datetime_from_bytes(data)
    other = GXDLMSClient.changeType(data, DataType.DATETIME).value
    print(f"{name:10} dlms-cosem {found.isoformat()}, seconds {found.timestamp():.0f}; gurux {other.isoformat()}")
noon = datetime(2025, 7, 1, 12, tzinfo=UTC)
print("written and read again equal:", datetime_from_bytes(datetime_to_bytes(noon))[0] == noon)
PYTHON
seen env TZ=Asia/Tokyo "$python" -W ignore script.py <<'SEEN'
UTC-1 h    dlms-cosem 2025-07-01T12:00:00-01:00, seconds 1751374800; gurux 2025-07-01T12:00:00-01:00
UTC        dlms-cosem 2025-07-01T12:00:00, seconds 1751338800; gurux 2025-07-01T12:00:00+00:00
UTC+2 h    dlms-cosem 2025-07-01T12:00:00+02:00, seconds 1751364000; gurux 2025-07-01T12:00:00+02:00
not stated dlms-cosem 2025-07-01T12:00:00, seconds 1751338800; gurux 2025-07-01T12:00:00
written and read again equal: False
SEEN
