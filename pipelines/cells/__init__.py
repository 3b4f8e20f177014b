"""How the cells of one kind are read: a column of tidy text in, a typed column and its faults out."""
