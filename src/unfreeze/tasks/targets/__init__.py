"""The kinds of answer: one file for each, all that depends on the kind of answer and needs no torch."""
