"""A service that moves files of a data root and runs no stage; started with ``python -m``."""
