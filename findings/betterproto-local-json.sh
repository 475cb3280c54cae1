#!/usr/bin/env bash
# betterproto writes the start of a reading as bytes in UTC, and as JSON by the clock of its zone with a Z behind it: noon in
# Berlin is 10:00 in the message and 12:00 UTC in the JSON of the same object. A reading of Tokyo lies nine hours ahead.
source "$(dirname "$0")/environment.sh"
packages betterproto==1.2.5 protobuf==7.36.2 tzdata==2026.6
cat >script.py <<'PYTHON'
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import betterproto
from google.protobuf import json_format
from google.protobuf.timestamp_pb2 import Timestamp


@dataclass
class Reading(betterproto.Message):
    start: datetime = betterproto.message_field(1)


for zone in ("UTC", "Europe/Berlin", "Asia/Tokyo"):
    noon = datetime(2025, 7, 1, 12, tzinfo=ZoneInfo(zone))
    reading = Reading(start=noon)
    # The message's only field is a Timestamp: two bytes of tag and length, then its own.
    by_bytes = Timestamp.FromString(bytes(reading)[2:]).ToDatetime(UTC)
    by_json = Reading().from_json(reading.to_json()).start
    google = Timestamp()
    google.FromDatetime(noon)
    print(f"noon, {zone:13}  bytes {by_bytes:%H:%M} UTC, JSON {reading.to_json()}, read back {by_json:%H:%M %Z},", end=" ")
    print("google's JSON", json_format.MessageToJson(google))
PYTHON
seen "$python" -W ignore script.py <<'SEEN'
noon, UTC            bytes 12:00 UTC, JSON {"start": "2025-07-01T12:00:00Z"}, read back 12:00 UTC, google's JSON "2025-07-01T12:00:00Z"
noon, Europe/Berlin  bytes 10:00 UTC, JSON {"start": "2025-07-01T12:00:00Z"}, read back 12:00 UTC, google's JSON "2025-07-01T10:00:00Z"
noon, Asia/Tokyo     bytes 03:00 UTC, JSON {"start": "2025-07-01T12:00:00Z"}, read back 12:00 UTC, google's JSON "2025-07-01T03:00:00Z"
SEEN
