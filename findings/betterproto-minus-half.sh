#!/usr/bin/env bash
# betterproto writes a duration of -0.5 s (a meter's clock that is late) as +0.5 s: whole seconds and the rest are split,
# and the sign goes with the seconds, of which there are none. -900.25 s becomes a message that google's library refuses to
# write as JSON. Its own JSON is right, but for a few microseconds, which it writes as 5e-06s.
source "$(dirname "$0")/environment.sh"
packages betterproto==1.2.5 protobuf==7.36.2
cat >script.py <<'PYTHON'
from dataclasses import dataclass
from datetime import timedelta

import betterproto
from google.protobuf.duration_pb2 import Duration


@dataclass
class Clock(betterproto.Message):
    offset: timedelta = betterproto.message_field(1)


for seconds in (0.5, -0.5, -900.0, -900.25, 0.000005):
    clock = Clock(offset=timedelta(seconds=seconds))
    sent = Duration.FromString(bytes(clock)[2:])
    read = Clock().parse(bytes(clock)).offset.total_seconds()
    try:
        google = sent.ToJsonString()
    except ValueError as error:
        google = str(error)
    right = Duration()
    right.FromTimedelta(clock.offset)
    print(f"{seconds:>8g} s  read back {read:>8g} s, for google {google}; own JSON {clock.to_dict()['offset']}", end="; ")
    print("by google's library", right.ToJsonString())
PYTHON
seen "$python" -W ignore script.py <<'SEEN'
     0.5 s  read back      0.5 s, for google 0.500s; own JSON 0.500s; by google's library 0.500s
    -0.5 s  read back      0.5 s, for google 0.500s; own JSON -0.500s; by google's library -0.500s
    -900 s  read back     -900 s, for google -900s; own JSON -900.000s; by google's library -900s
 -900.25 s  read back  -899.25 s, for google Duration is not valid: Sign mismatch.; own JSON -900.250s; by google's library -900.250s
   5e-06 s  read back    5e-06 s, for google 0.000005s; own JSON 5e-06s; by google's library 0.000005s
SEEN
