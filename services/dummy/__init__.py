"""The stand-in service: succeeds by default, and misbehaves on request."""
