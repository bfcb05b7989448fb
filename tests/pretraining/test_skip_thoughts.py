"""Skip-thoughts against a loop over sentences."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from made_corpus import asked, same_loss_and_gradients, write_corpus
from torch import Tensor, nn

from unfreeze.encoders.load import load_encoder
from unfreeze.pretraining.begin import objective_for
from unfreeze.pretraining.prepared import Prepared
from unfreeze.pretraining.skip_thoughts import SkipThoughts, Triples

CPU = torch.device("cpu")
END, OTHER, FIRST = 1, 2, 3


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("skip")
    text = write_corpus(folder / "text.txt", 20)
    text.write_text(text.read_text(encoding="utf-8").replace(" queen ", ' "the" '), encoding="utf-8")
    return folder


def objective(corpus: Path, **more: object) -> SkipThoughts:
    """A network whose weights are large enough that every part of it counts."""
    work = corpus / f"work-{more.get('tokenizer')}"
    made = objective_for(asked(corpus, "skip-thoughts", **more), work, CPU, lambda line: None)
    assert isinstance(made, SkipThoughts)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in made.module.parameters():
            if parameter.requires_grad:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.7)
    made.module.train()
    return made


def sentences_of(part: Prepared) -> list[list[list[int]]]:
    """Documents of sentences of ids."""
    ids, starts = part.ids.tolist(), part.sentences.tolist()
    sentences = [ids[a:b] for a, b in pairwise(starts)]
    return [sentences[a:b] for a, b in pairwise(part.documents.tolist())]


def gru_step(gru: nn.GRU, x: Tensor, h: Tensor) -> Tensor:
    r, z, n = (gru.weight_ih_l0 @ x + gru.bias_ih_l0).chunk(3)
    hr, hz, hn = (gru.weight_hh_l0 @ h + gru.bias_hh_l0).chunk(3)
    z = (z + hz).sigmoid()
    return (1 - z) * torch.tanh(n + (r + hr).sigmoid() * hn) + z * h


def vector_of(made: SkipThoughts, classes: list[int]) -> Tensor:
    h = torch.zeros(made.module.encoder.hidden_size)
    for number in classes:
        h = gru_step(made.module.encoder, made.module.embedding.weight[number], h)
    return h


def losses_of(made: SkipThoughts, which: int, vector: Tensor, classes: list[int]) -> list[Tensor]:
    decoder: nn.GRU = made.module.decoders[which]  # type: ignore[assignment]
    h = torch.zeros(decoder.hidden_size)
    out = []
    for before, number in pairwise([END, *classes]):
        h = gru_step(decoder, torch.cat([made.module.embedding.weight[before], vector]), h)
        out.append(-made.module.softmax.head(h).log_softmax(0)[number])
    return out


def plain(made: SkipThoughts, part: Prepared, sentences: list[int], length: int = 6) -> list[list[Tensor]]:
    """Losses of the words of the sentences before, and of those after."""
    count = len(made.module.words)

    def classes(sentence: int) -> list[int]:
        ids = part.ids[part.sentences[sentence] : part.sentences[sentence + 1]].tolist()
        return [FIRST + i if i < count else OTHER for i in ids[:length]] + [END]

    out: list[list[Tensor]] = [[], []]
    for sentence in sentences:
        vector = vector_of(made, classes(sentence))
        for which, other in enumerate((sentence - 1, sentence + 1)):
            out[which] += losses_of(made, which, vector, classes(other))
    return out


def test_loss_and_gradients_are_those_of_a_loop_over_sentences(corpus: Path) -> None:
    made = objective(corpus)
    batch = made.batch(0)
    assert len(batch) > 2
    before, after = plain(made, made.text.text, batch.tolist())
    both = [*before, *after]
    expected = sum(both) / len(both)
    loss = made.loss(batch, np.arange(len(batch)))
    same_loss_and_gradients(loss, expected, {name: p for name, p in made.module.named_parameters() if p.requires_grad})


def test_parts_add_up_to_the_whole(corpus: Path) -> None:
    made = objective(corpus)
    batch = made.batch(1)
    parts = made.parts(batch, 2)
    assert len(parts) == 2
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(batch)))
    total = sum(made.loss(batch, rows) for rows in parts)
    torch.testing.assert_close(total, made.loss(batch, np.arange(len(batch))))


def test_tokens_are_the_words_that_are_read(corpus: Path) -> None:
    made = objective(corpus)
    text = made.text.text
    batch = made.batch(0)
    sizes = [len(text.ids[text.sentences[s] : text.sentences[s + 1]]) for s in batch]
    assert max(sizes) > 6
    assert made.tokens(batch) == sum(min(size, 6) for size in sizes)


def test_neighbours_are_of_the_same_document() -> None:
    sizes = [1, 2, 3, 5, 2, 1, 4]  # sentences of each document
    documents = np.concatenate([[0], np.cumsum(sizes)])
    count = int(documents[-1])
    text = Prepared(np.arange(2 * count, dtype=np.uint32), 2 * np.arange(count + 1), documents)
    triples = Triples(text, np.arange(2 * count) + FIRST, 6, 0)
    home = [number for number, size in enumerate(sizes) for _ in range(size)]
    expected = [s for s in range(1, count - 1) if home[s - 1] == home[s] == home[s + 1]]
    assert triples.middle.tolist() == expected
    passes = [triples.chosen(turn * len(expected), len(expected)).tolist() for turn in range(2)]
    assert [sorted(one) for one in passes] == [expected, expected]
    assert passes[0] != passes[1]
    over = triples.chosen(len(expected) - 2, 4).tolist()
    assert over == passes[0][-2:] + passes[1][:2]


def test_held_out_losses_of_both_neighbours(corpus: Path) -> None:
    made = objective(corpus)
    found = made.held_out("fp32")
    documents = sentences_of(made.held.text)
    middle = list(range(1, len(documents[0]) - 1))
    assert len(documents) == 1
    assert len(middle) > made.rows  # more than a step
    with torch.no_grad():
        losses = plain(made, made.held.text, middle)
    each = [float(torch.stack(one).mean()) for one in losses]
    assert [found["previous"], found["next"]] == pytest.approx(each, rel=1e-5)
    assert found["loss"] == pytest.approx(float(torch.stack([*losses[0], *losses[1]]).mean()), rel=1e-5)
    assert made.held_out("fp32") == found
    assert made.module.training


@pytest.mark.parametrize("tokenizer", ["treebank", "whitespace"])
def test_what_is_saved_gives_the_vectors_of_the_model(tokenizer: str, corpus: Path, tmp_path: Path) -> None:
    made = objective(corpus, tokenizer=tokenizer)
    made.save(tmp_path)
    encoder = load_encoder(str(tmp_path))
    known = {word: FIRST + row for row, word in enumerate(made.module.words)}
    texts = {"the old cat near a zebra": ["the", "old", "cat", "near", "a", "zebra"], "": []}
    if tokenizer == "treebank":
        texts["a dog runs."] = ["a", "dog", "runs", "."]
    inputs = encoder.read_texts(list(texts))
    states = encoder.encode(inputs.batch(range(len(texts)))).states[0]
    for state, words in zip(states, texts.values(), strict=True):
        vector = vector_of(made, [*(known.get(word, OTHER) for word in words), END])
        torch.testing.assert_close(state, (vector / vector.norm()).detach())


def test_quotes_are_known_however_they_are_written(corpus: Path, tmp_path: Path) -> None:
    made = objective(corpus)
    assert '"' in made.module.words
    made.save(tmp_path)
    encoder = load_encoder(str(tmp_path))
    inputs = encoder.read_texts(['"the old" cat'])
    quote, the, old, cat = (
        FIRST + list(made.module.words).index(w) if w in made.module.words else OTHER
        for w in ('"', "the", "old", "cat")
    )
    vector = vector_of(made, [quote, the, old, quote, cat, END])
    state = encoder.encode(inputs.batch([0])).states[0, 0]
    torch.testing.assert_close(state, (vector / vector.norm()).detach())


def test_a_quote_that_stands_alone_is_known_without_splitting(corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "quotes"
    folder.mkdir()
    text = (corpus / "text.txt").read_text(encoding="utf-8").replace(" the ", ' " ')
    (folder / "text.txt").write_text(text, encoding="utf-8")
    made = objective(folder, tokenizer="whitespace")
    made.save(tmp_path / "saved")
    encoder = load_encoder(str(tmp_path / "saved"))
    inputs = encoder.read_texts(['"'])
    vector = vector_of(made, [FIRST + list(made.module.words).index('"'), END])
    state = encoder.encode(inputs.batch([0])).states[0, 0]
    torch.testing.assert_close(state, (vector / vector.norm()).detach())


def test_the_bias_that_the_published_gru_lacks_stays_zero(corpus: Path) -> None:
    made = objective_for(asked(corpus, "skip-thoughts"), corpus / "work-None", CPU, lambda line: None)
    still = [name for name, p in made.module.named_parameters() if not p.requires_grad]
    assert still == ["encoder.bias_hh_l0"]
    assert not made.module.get_parameter(still[0]).any()
