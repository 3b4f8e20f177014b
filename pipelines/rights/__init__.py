"""A person's rights (GDPR): what is held about them, handed over (EXP-12) and erased everywhere (EXP-9).

Belongs here: who the person is, which stores hold them, the order in which these are gone through. Does not: how a kind of file is
rewritten (`pipelines.traces`), nor that imports reject whoever was erased (`pipelines.contacts.erased`).
"""
