"""Self-contained HTML pages for people: documents with their stances, and comparisons."""

from pipeline.report.pages import comparison_page, document_page

__all__ = ["comparison_page", "document_page"]
