"""The public data sets as people have them on disk; skipped where the `shared` folder is absent."""

from pathlib import Path

import pytest

from unfreeze.data.read import read_dataset
from unfreeze.errors import InputError

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no shared data beside the project")


@pytest.mark.parametrize(
    ("name", "told", "kind", "sizes", "labels"),
    [
        ("sst2", {}, "classification", (6920, 872, 1821), 2),
        ("sick", {"label": "entailment_judgment"}, "pair-classification", (4500, 500, 4927), 3),
        ("sick", {"label": "relatedness_score"}, "pair-regression", (4500, 500, 4927), 0),
        ("mrpc", {}, "pair-classification", (3576, 500, 1725), 2),
        ("stsb", {}, "pair-regression", (5749, 1500, 1379), 0),
        ("stsb-zh", {}, "pair-regression", (5749, 1500, 1379), 0),
        ("mnli_part", {}, "pair-classification", (9733, 3815, 2433), 3),
        ("chnsenticorp", {}, "classification", (9600, 1200, 1200), 2),
        ("cola", {"text": "3", "label": "1"}, "classification", (6841, 527, 1710), 2),
        ("conll2003", {}, "tagging", (14041, 3250, 3453), 9),
        ("wnut17", {}, "tagging", (3394, 1009, 1287), 13),
        ("ud_ewt", {}, "tagging", (12544, 2001, 2077), 17),
        ("weibo_ner", {}, "tagging", (1350, 270, 270), 17),
        ("resume_ner", {}, "tagging", (3821, 463, 477), 28),
    ],
)
def test_sizes(name: str, told: dict[str, str], kind: str, sizes: tuple[int, ...], labels: int) -> None:
    found = read_dataset(DATA / name, **told)  # type: ignore[arg-type]
    assert (found.task.kind, len(found.labels.names)) == (kind, labels)
    assert (len(found.train), len(found.dev), len(found.test)) == sizes


def test_mrpc_keeps_its_quote_marks() -> None:
    texts = [t for e in read_dataset(DATA / "mrpc").train for t in (e.text, e.text_b or "")]
    raw = (DATA / "mrpc" / "train.tsv").read_text(encoding="utf-8")
    assert sum(t.count('"') for t in texts) == raw.count('"') > 1000


def test_sets_without_all_splits() -> None:
    wikigold = read_dataset(DATA / "wikigold")
    assert len(wikigold.train) + len(wikigold.dev) + len(wikigold.test) == 1696
    ocnli = read_dataset(DATA / "ocnli")
    assert (len(ocnli.train) + len(ocnli.test), len(ocnli.dev)) == (10000 - 15, 3000 - 50)
    assert "train: 15 of 10000 rows have the label '-' (no label) and were left out." in ocnli.notes
    with pytest.raises(InputError, match=r"no training file in the folder, found dev\.tsv, test\.tsv"):
        read_dataset(DATA / "snli")


def test_weibo_words_lose_their_digit() -> None:
    found = read_dataset(DATA / "weibo_ner")
    assert found.train[0].words is not None
    assert found.train[0].words[:4] == ("科", "技", "全", "方")


def test_choices_that_are_not_safe() -> None:
    with pytest.raises(InputError, match="--label entailment_judgment"):
        read_dataset(DATA / "sick")
    with pytest.raises(InputError, match="no header"):
        read_dataset(DATA / "cola")
