"""Inputs that are made to do harm, each with what has to come of it; all are composed by code."""

from hostile.case import Hostile
from hostile.curated import CURATED
from hostile.pages import PAGES
from hostile.pdf_files import PDF_FILES
from hostile.rows import ROWS
from hostile.texts import TEXTS
from hostile.word_files import WORD_FILES

INPUTS: tuple[Hostile, ...] = (*TEXTS, *PAGES, *CURATED, *ROWS, *PDF_FILES, *WORD_FILES)

__all__ = ["INPUTS", "Hostile"]
