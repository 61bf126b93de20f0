"""Whose stance a sentence takes, toward whom, and the words that carry it."""
