"""Queries of strangers: the SPARQL protocol, and the processes that answer."""
