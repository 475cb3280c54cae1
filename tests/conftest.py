"""Settings of all tests."""

import os

from hypothesis import settings

# No deadline: machines are noisy. In CI the examples are the same in every run, so that a verdict is about the commit;
# everywhere else they are new each time, and what they find becomes an example in the test.
settings.register_profile("new examples", deadline=None)
settings.register_profile("same examples", deadline=None, derandomize=True)
settings.load_profile("same examples" if os.environ.get("CI") else "new examples")
