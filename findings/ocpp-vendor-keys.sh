#!/usr/bin/env bash
# A charge point sends a vendor's own values with OCPP 2.0.1's DataTransfer, whose data may be anything: the package ocpp
# rewrites its keys on both ways, L1 arrives as l1, phase_L1 as phase_l1, OBIS_1_8_0 is sent as OBIS180 and arrives as
# obis180, kWh as k_wh. Keys of the protocol are camel case on the wire and snake case in Python; these are neither's.
source "$(dirname "$0")/environment.sh"
packages ocpp==2.1.0
cat >script.py <<'PYTHON'
import asyncio
import json

from ocpp.routing import on
from ocpp.v201 import ChargePoint, call, call_result


class Wire:
    """One end of a connection, as a WebSocket has it."""

    def __init__(self):
        self.inbox = asyncio.Queue()

    async def send(self, text):
        message = json.loads(text)
        if message[0] == 2:
            print("on the wire:", json.dumps(message[3]["data"]))
        await self.other.inbox.put(text)

    async def recv(self):
        return await self.inbox.get()


class Central(ChargePoint):
    @on("DataTransfer")
    async def take(self, vendor_id, data, **rest):
        print("arrives:    ", json.dumps(data))
        return call_result.DataTransfer(status="Accepted")


async def main():
    here, there = Wire(), Wire()
    here.other, there.other = there, here
    point = ChargePoint("point", here)
    tasks = [asyncio.create_task(each.start()) for each in (point, Central("central", there))]
    data = {"1-0:1.8.0": 15.5, "OBIS_1_8_0": 15.5, "L1": 230.1, "phase_L1": 229.8, "kWh": 15.5, "socLimit": 80}
    print("given:      ", json.dumps(data))
    answer = await point.call(call.DataTransfer(vendor_id="org.example", data=data))
    print("answer:     ", answer.status)
    for task in tasks:
        task.cancel()


asyncio.run(main())
PYTHON
seen "$python" script.py <<'SEEN'
given:       {"1-0:1.8.0": 15.5, "OBIS_1_8_0": 15.5, "L1": 230.1, "phase_L1": 229.8, "kWh": 15.5, "socLimit": 80}
on the wire: {"1-0:1.8.0": 15.5, "OBIS180": 15.5, "L1": 230.1, "phaseL1": 229.8, "kWh": 15.5, "SoCLimit": 80}
arrives:     {"1-0:1.8.0": 15.5, "obis180": 15.5, "l1": 230.1, "phase_l1": 229.8, "k_wh": 15.5, "so_c_limit": 80}
answer:      Accepted
SEEN
