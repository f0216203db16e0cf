"""The registry: where records are published, kept, asked for and watched."""

from umr_ld.registry.facade import Registry

__all__ = ["Registry"]
