"""What a client shows to a service, and why a service does not let it in.

A configuration names files and environment variables (`energykit.config.Credentials`); here they
are read, when a channel is opened (certificates) or a call is made (tokens), and nowhere kept.
"""

from energykit.credentials.channel import is_loopback, open_channel
from energykit.credentials.listener import check_listener
from energykit.credentials.refusal import TlsRefusal, explain_refusal
from energykit.credentials.secret import credentials_from_environment, read_secret

__all__ = [
    "TlsRefusal",
    "check_listener",
    "credentials_from_environment",
    "explain_refusal",
    "is_loopback",
    "open_channel",
    "read_secret",
]
