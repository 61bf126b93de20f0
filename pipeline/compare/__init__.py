"""Comparison of accounts of one event: verdict, parties, shared points, one-sided topics."""

from pipeline.compare.comparison import check_accounts, compare
from pipeline.compare.records import Comparison

__all__ = ["Comparison", "check_accounts", "compare"]
