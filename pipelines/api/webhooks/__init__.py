"""Bodies that senders of events post: looked at, kept on disk, answered, and imported as files.

Belongs here: the way from a post to a file of events. Does not: what a file of events says (`imports.events`).
"""
