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
    ("句子1", "句子2"),
    ("句子a", "句子b"),
    ("句子_1", "句子_2"),
    ("文本1", "文本2"),
    ("文本a", "文本b"),
    ("文本_1", "文本_2"),
    ("前提", "假设"),
    ("问题1", "问题2"),
    ("问题", "答案"),
    ("问题", "文章"),
    ("问题", "段落"),
)
TEXTS = frozenset({"text", "sentence", "review", "content", "document", "tweet", "utterance", "comment", "message"}) | {
    "body",
    "question",
    "query",
    "title",
    "abstract",
    "文本",
    "句子",
    "内容",
    "评论",
    "评论内容",
    "文本内容",
    "正文",
    "原文",
    "文章",
    "新闻",
    "微博",
    "问题",
    "标题",
    "摘要",
}
LABELS = (
    frozenset({"label", "labels", "gold_label", "quality", "class", "category", "target", "intent", "sentiment"})
    | {"polarity", "emotion", "topic", "stars", "rating", "score", "similarity", "relatedness_score"}
    | {"entailment_judgment", "is_duplicate", "is_paraphrase"}
    | {"标签", "类别", "分类", "标注", "情感", "情感极性", "情感倾向", "极性", "情绪", "意图", "主题", "领域"}
    | {"星级", "评分", "打分", "得分", "分数", "相似度"}
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
        "序号",
        "编号",
        "行号",
    }
)
WORDS = frozenset({"word", "words", "token", "tokens", "字", "词", "字符", "单词", "词语"})
"""Columns of words that are tagged one by one."""
NAMES = TEXTS | LABELS | WORDS | (IDS - {""}) | {name for pair in PAIRS for name in pair}


def folded(name: str) -> str:
    """A column name as compared with the tables here: lower case, `_` for spaces and hyphens, no byte order mark."""
    return name.strip("\ufeff").strip().casefold().replace(" ", "_").replace("-", "_")
