"""The pages of a registry."""
