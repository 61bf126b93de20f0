"""Readings by people: corrections kept in a store, and their ways in and out of it."""
