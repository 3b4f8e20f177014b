"""What may be done to contacts, whoever asks: every change is a revision, no consent is lost."""
