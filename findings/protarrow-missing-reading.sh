#!/usr/bin/env bash
# protarrow turns tables into messages. Its schema for a plain number says "not null", and a table with a reading that is
# missing is cast to it and sent without a word: the missing 15 minutes are 0 kWh, and back in a table they are a reading.
source "$(dirname "$0")/environment.sh"
packages protarrow==0.16.0 pyarrow==26.0.1 protobuf==7.36.2
cat >script.py <<'PYTHON'
import protarrow
import pyarrow as pa
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

file = descriptor_pb2.FileDescriptorProto(name="meter.proto", package="meter", syntax="proto3")
message = file.message_type.add(name="Reading")
message.field.add(name="time", number=1, type=descriptor_pb2.FieldDescriptorProto.TYPE_STRING)
message.field.add(name="kwh", number=2, type=descriptor_pb2.FieldDescriptorProto.TYPE_DOUBLE)
pool = descriptor_pool.DescriptorPool()
pool.AddSerializedFile(file.SerializeToString())
Reading = message_factory.GetMessageClass(pool.FindMessageTypeByName("meter.Reading"))

table = pa.table({"time": ["00:00", "00:15", "00:30"], "kwh": [0.75, None, 1.5]})
schema = protarrow.message_type_to_schema(Reading)
print("schema:", *(f"{field.name} nullable={field.nullable}" for field in schema))
cast = protarrow.cast_table(table, Reading, protarrow.ProtarrowConfig())
sent = protarrow.table_to_messages(cast, Reading)
print("sent:", *(f"{reading.time} {reading.kwh}" for reading in sent))
back = protarrow.messages_to_table(sent, Reading)
print("mean before", sum(filter(None, table["kwh"].to_pylist())) / 2, "and after", sum(back["kwh"].to_pylist()) / 3)
try:
    pa.table({"kwh": table["kwh"]}).cast(pa.schema([schema.field("kwh")]))
except ValueError as error:
    print("pyarrow's cast to the same schema:", type(error).__name__)
PYTHON
seen "$python" script.py <<'SEEN'
schema: time nullable=False kwh nullable=False
sent: 00:00 0.75 00:15 0.0 00:30 1.5
mean before 1.125 and after 0.75
pyarrow's cast to the same schema: ValueError
SEEN
