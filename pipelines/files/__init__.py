"""Files: what a file is (bytes, encoding, quotes, separators, records), and what is wrong with it as a file (IMP-1, IMP-2, IMP-19).

Does not belong here: the base, contacts, or whoever imports the file.
"""
