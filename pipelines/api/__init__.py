"""The REST interface (rest.md, SEC-3, SEC-6): calls in, answers out, over one account.

Belongs here: who may ask (`keys`, `door`), how calls are read and answers written. Does not: what is done (`workspace` and below).
"""
