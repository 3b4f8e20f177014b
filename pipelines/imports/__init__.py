"""Imports: one way for every file (IMP-20), which is told whole in `taking`; what is kept of it, and how it is undone.

What is particular to a kind of file stands in `contacts` and `events`, which do not know each other.
"""
