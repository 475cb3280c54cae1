"""A run of its own: ``orchestrate.py CONFIG DATA_ROOT ADDRESSES [resume]``; prints each step."""

import json
import sys

from energykit.executor import run
from energykit.executor.event import StageFinished, StageStarted


def tell(event):
    if isinstance(event, StageStarted | StageFinished):
        print(type(event).__name__, event.id, flush=True)


if __name__ == "__main__":
    config, data_root, addresses, *rest = sys.argv[1:]
    print("ready", flush=True)
    result = run(
        config,
        data_root=data_root,
        addresses=json.loads(addresses),
        on_event=tell,
        resume="resume" in rest,
    )
    sys.exit(result.exit_code)
