"""Rows of small meter files."""

PLAIN = {"timestamp": "t", "power_consumption": "P", "voltage": "U", "current": "I"}


def rows(*lines, header="t,P,U,I"):
    return "\n".join([header, *lines]) + "\n"
