"""Backups: a consistent copy of an account while runs go on, and getting it back (SEC-5)."""
