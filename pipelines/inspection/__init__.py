"""Inspection: what a file is that no model knows yet, and how it could be imported (IMP-18). Changes nothing."""
