"""Exchange between registries: what one of them says happened, a line of JSON an entry of its journal.

Each line has the entry's number and chain value, time, act, reference, agent, digest and reason, and of a publication
the record as it was published: JSON-LD that stands for the same graph wherever it is read. So whoever takes a line over
needs to trust nobody for it to be what was published: the digest is that of the graph.
"""

from umr_ld.exchange.lines import Line, read_lines, written

__all__ = ["Line", "read_lines", "written"]
