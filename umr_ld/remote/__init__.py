"""Registries elsewhere, asked over their API."""

from umr_ld.remote.client import Client
from umr_ld.remote.reader import RemoteReader
from umr_ld.remote.registry import RemoteRegistry

__all__ = ["Client", "RemoteReader", "RemoteRegistry"]
