#!/usr/bin/env bash
# Sparkplug B sends integers in unsigned fields, negative ones as two's complement, a UInt32 in the field of 32 bits. Of a
# conforming sender, sparkplug-payload reads -5 W as 251, 65531 or -5 by width and a register that is a UInt32 not at all.
# An Int64 is -5, until the project has a newer package "long", as protobufjs 7 brings it: then it is 18446744073709551611.
source "$(dirname "$0")/environment.sh"
packages pysparkplug==0.6.1 protobuf==7.36.2
cat >script.js <<'NODE'
const { decodePayload } = require("sparkplug-payload").get("spBv1.0");
const { readFileSync } = require("fs");

for (const { type, value } of decodePayload(readFileSync("payload.bin")).metrics)
  console.log("sparkplug-payload:", type, String(value));
NODE
cat >script.py <<'PYTHON'
from pathlib import Path

from pysparkplug import DataType, Metric
from pysparkplug._protobuf import Payload

VALUES = {DataType.INT8: -5, DataType.INT16: -5, DataType.INT32: -5, DataType.INT64: -5, DataType.UINT32: 40_000_000}
metrics = [Metric(timestamp=0, name=kind.name, datatype=kind, value=value) for kind, value in VALUES.items()]
sent = Payload(timestamp=0, metrics=[metric.to_pb(include_dtype=True) for metric in metrics]).SerializeToString()
Path("payload.bin").write_bytes(sent)
for metric in Payload.FromString(sent).metrics:
    print("pysparkplug:", metric.name, metric.WhichOneof("value"), Metric.from_pb(metric).value)
PYTHON
modules sparkplug-payload@1.0.3
cat >script.sh <<'SHELL'
"$1" script.py
node script.js
SHELL
seen bash script.sh "$python" <<'SEEN'
pysparkplug: INT8 int_value -5
pysparkplug: INT16 int_value -5
pysparkplug: INT32 int_value -5
pysparkplug: INT64 long_value -5
pysparkplug: UINT32 int_value 40000000
sparkplug-payload: Int8 251
sparkplug-payload: Int16 65531
sparkplug-payload: Int32 -5
sparkplug-payload: Int64 -5
sparkplug-payload: UInt32 null
SEEN
modules long@5.3.2
seen node script.js <<'SEEN'
sparkplug-payload: Int8 251
sparkplug-payload: Int16 65531
sparkplug-payload: Int32 -5
sparkplug-payload: Int64 18446744073709551611
sparkplug-payload: UInt32 null
SEEN
