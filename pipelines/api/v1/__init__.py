"""Carnet's own calls, under `/api/v1`: what the command line gives as JSON, in the same shapes (contract, rest.md).

Belongs here: reading what a call asks, and its answer. Does not: the documents, which the rooms below make for both doors.
"""
