"""Column names that people use for texts, labels and row numbers, in folded form (see `folded`)."""

from __future__ import annotations

PAIRS = (
    ("sentence1", "sentence2"),
    ("sentence_1", "sentence_2"),
    ("sentence_a", "sentence_b"),
    ("text_a", "text_b"),
    ("text", "text_b"),
    ("text1", "text2"),
    ("text_1", "text_2"),
    ("premise", "hypothesis"),
    ("question1", "question2"),
    ("question_1", "question_2"),
    ("#1_string", "#2_string"),
    ("question", "sentence"),
    ("question", "passage"),
    ("question", "answer"),
    ("question", "context"),
    ("query", "passage"),
    ("query", "document"),
    ("query", "title"),
)
TEXTS = frozenset({"text", "sentence", "review", "content", "document", "tweet", "utterance", "comment", "message"}) | {
    "body",
    "question",
    "query",
    "title",
    "abstract",
}
LABELS = (
    frozenset({"label", "labels", "gold_label", "quality", "class", "category", "target", "intent", "sentiment"})
    | {"polarity", "emotion", "topic", "stars", "rating", "score", "similarity", "relatedness_score"}
    | {"entailment_judgment", "is_duplicate", "is_paraphrase"}
)
ROW_NUMBERS = frozenset({"", "unnamed:_0", "__index_level_0__"})
"""How pandas calls the index of a table that was written with it."""
IDS = (
    ROW_NUMBERS
    | frozenset({"id", "ids", "idx", "index", "uid", "guid", "pair_id", "pairid", "qid", "qid1", "qid2"})
    | {
        "#1_id",
        "#2_id",
        "sentence_id",
        "row",
    }
)
WORDS = frozenset({"word", "words", "token", "tokens"})
"""Columns of words that are tagged one by one."""
NAMES = TEXTS | LABELS | WORDS | (IDS - {""}) | {name for pair in PAIRS for name in pair}


def folded(name: str) -> str:
    """A column name as compared with the tables here: lower case, `_` for spaces and hyphens, no byte order mark."""
    return name.strip("\ufeff").strip().casefold().replace(" ", "_").replace("-", "_")
