#!/usr/bin/env bash
# Bit 0 of a status register is its lowest, of value 1 (SunSpec, bitfield16). pymodbus reads a register as bits with the upper byte
# first, each byte from its lowest bit: bit 0 is at place 8, bit 8 at place 0, and of two registers bit 0 is at place 24. An alarm
# is read as another one; what it writes it reads back.
source "$(dirname "$0")/environment.sh"
packages pymodbus==3.16.1
cat >script.py <<'PYTHON'
from pymodbus.client import ModbusTcpClient as Client

BITS, UINT16, UINT32 = Client.DATATYPE.BITS, Client.DATATYPE.UINT16, Client.DATATYPE.UINT32
for kind, numbers in ((UINT16, ([0], [2], [15], [0, 8])), (UINT32, ([0], [17], [31]))):
    for bits in numbers:
        value = sum(2**bit for bit in bits)
        registers = Client.convert_to_registers(value, kind)
        read = Client.convert_from_registers(registers, BITS)
        places = [place for place, is_set in enumerate(read) if is_set]
        print(f"{kind.name} {value}: bits {bits} are read as {places}, written again {Client.convert_to_registers(read, BITS) == registers}")
PYTHON
seen "$python" script.py <<'SEEN'
UINT16 1: bits [0] are read as [8], written again True
UINT16 4: bits [2] are read as [10], written again True
UINT16 32768: bits [15] are read as [7], written again True
UINT16 257: bits [0, 8] are read as [0, 8], written again True
UINT32 1: bits [0] are read as [24], written again True
UINT32 131072: bits [17] are read as [9], written again True
UINT32 2147483648: bits [31] are read as [7], written again True
SEEN
