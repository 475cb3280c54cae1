#!/usr/bin/env bash
# A Date handed to protobufjs for a google.protobuf.Timestamp is verified, sent and arrives, as 1970: a Date has no field
# "seconds", and fields that are not there are 0. grpc-js with proto-loader sends the same. A time as text is an error.
source "$(dirname "$0")/environment.sh"
packages protobuf==7.36.2
modules protobufjs@8.8.1 @grpc/grpc-js@1.14.7 @grpc/proto-loader@0.8.1
cat >reading.proto <<'PROTO'
syntax = "proto3";
import "google/protobuf/timestamp.proto";
message Reading { google.protobuf.Timestamp at = 1; double kwh = 2; }
service Meters { rpc Send(Reading) returns (Reading); }
PROTO
cat >script.js <<'NODE'
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");
const { execFileSync } = require("child_process");
const Reading = require("protobufjs").loadSync("reading.proto").lookupType("Reading");

const noon = new Date(Date.UTC(2025, 6, 1, 12));
const python = `import sys; from google.protobuf.timestamp_pb2 import Timestamp
at = Timestamp.FromString(sys.stdin.buffer.read()[2:][:int(sys.argv[1])]); print("to google's library:", at.ToJsonString())`;
for (const at of [noon, { seconds: noon.getTime() / 1000 }]) {
  const given = { at, kwh: 1.5 };
  console.log("given:", JSON.stringify(given), "verified:", Reading.verify(given) === null);
  const bytes = Buffer.from(Reading.encode(Reading.fromObject(given)).finish());
  process.stdout.write(execFileSync(process.argv[2], ["-c", python, String(bytes[1])], { input: bytes }));
}
try {
  Reading.fromObject({ at: noon.toISOString() });
} catch (error) {
  console.log("text:", error.message);
}

const { Meters } = grpc.loadPackageDefinition(loader.loadSync("reading.proto", { defaults: true }));
const server = new grpc.Server();
server.addService(Meters.service, { send: (call, answer) => answer(null, call.request) });
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_, port) => {
  const client = new Meters(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  client.send({ at: noon, kwh: 1.5 }, (error, reading) => {
    console.log("grpc-js:", error, "seconds", String(reading.at.seconds), "kWh", reading.kwh);
    client.close();
    server.forceShutdown();
  });
});
NODE
seen node script.js "$python" <<'SEEN'
given: {"at":"2025-07-01T12:00:00.000Z","kwh":1.5} verified: true
to google's library: 1970-01-01T00:00:00Z
given: {"at":{"seconds":1751371200},"kwh":1.5} verified: true
to google's library: 2025-07-01T12:00:00Z
text: .Reading.at: object expected
grpc-js: null seconds 0 kWh 1.5
SEEN
