"""A small file of each format with a structure of its own; all numbers are made up."""


def nem12(*, days=("20250115", "20250116"), value=0.5, step=30):
    count = 1440 // step
    lines = ["100,NEM12,202501170000,RETAILER,CUSTOMER"]
    for suffix, number in (("E1", value), ("B1", value / 5), ("Q1", 9)):
        unit = "KWH" if suffix != "Q1" else "kVArh"
        lines.append(f"200,NMI0000001,E1B1Q1,{suffix},{suffix},N1,METER1,{unit},{step},20250201")
        lines += [
            f"300,{day}," + ",".join([str(number)] * count) + ",A,,,20250118,," for day in days
        ]
    return "\n".join([*lines, "900", ""])


def espi(*, direction=1, power=0, value=500, uom=72, duration=3600):
    readings = "".join(
        f"<IntervalReading><timePeriod><duration>{duration}</duration><start>{1736899200 + duration * n}</start>"
        f"</timePeriod><value>{value}</value></IntervalReading>"
        for n in range(4)
    )
    base = "https://provider.test/espi/UsagePoint/7"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:e="http://naesb.org/espi">
<entry><link rel="self" href="https://provider.test/espi/ReadingType/1"/><content>
<ReadingType xmlns="http://naesb.org/espi"><accumulationBehaviour>4</accumulationBehaviour><flowDirection>{direction}</flowDirection>
<powerOfTenMultiplier>{power}</powerOfTenMultiplier><uom>{uom}</uom></ReadingType></content></entry>
<entry><link rel="self" href="{base}/MeterReading/1"/><link rel="related" href="https://provider.test/espi/ReadingType/1"/>
<content><MeterReading xmlns="http://naesb.org/espi"/></content></entry>
<entry><link rel="self" href="{base}/MeterReading/1/IntervalBlock/1"/><content>
<IntervalBlock xmlns="http://naesb.org/espi">{readings}</IntervalBlock></content></entry></feed>"""


def crc16(text):
    value = 0
    for byte in text.encode():
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return f"{value:04X}"


def telegram(n, *, drawn=1000.0, fed_in=50.0, time=None):
    body = "\r\n".join(
        [
            "/ISK5\\2M550T-1012", "", "1-3:0.2.8(50)", f"0-0:1.0.0({time or f'2501150{n}0000W'})",
            "0-0:96.1.1(4D45544552)", f"1-0:1.8.1({drawn + 0.3 * n:010.3f}*kWh)",
            f"1-0:1.8.2({drawn + 0.2 * n:010.3f}*kWh)", f"1-0:2.8.1({fed_in + 0.1 * n:010.3f}*kWh)",
            "1-0:2.8.2(000000.000*kWh)", "1-0:1.7.0(00.500*kW)", "1-0:32.7.0(230.1*V)", "1-0:31.7.0(002*A)", "!",
        ]
    )  # fmt: skip
    return body + crc16(body) + "\r\n"


EXAMPLES = {
    "nem12": (nem12(), 38.4),
    "espi": (espi(), 2.0),
    "dsmr": ("".join(telegram(n) for n in range(5)), 1.6),
}
"""By the name of its module: a file, and its energy [kWh]."""
