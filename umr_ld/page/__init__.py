"""The page model: one record, once, as every target shows it.

A page is a head and parts; a part is made of few kinds of blocks (labelled values, tables, bars, notes,
listings). A target knows the blocks and nothing else: what stands in them comes from the record, the
shapes and the ontology, so that a new property appears in every target without code.
"""

from umr_ld.page.blocks import Banner, Bar, Bars, Block, Cell, Facts, Listing, Note, Page, Part, Table
from umr_ld.page.sections import Piece, Row, Section, page_of

__all__ = [
    "Banner",
    "Bar",
    "Bars",
    "Block",
    "Cell",
    "Facts",
    "Listing",
    "Note",
    "Page",
    "Part",
    "Piece",
    "Row",
    "Section",
    "Table",
    "page_of",
]
