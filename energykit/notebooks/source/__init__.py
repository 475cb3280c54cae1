"""From a path to a notebook that may run: discovery, reading, parameters, the folder it runs in."""
