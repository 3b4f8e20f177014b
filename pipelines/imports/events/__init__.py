"""Files of events: their rows, whose events they are, which of them are new (BHV-1). Not: what becomes of the file, nor states."""
