"""Layer states against transformers' own, for every family, packed and padded, alone and in a batch."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from families import FAMILIES, ROBERTA_LIKE, make_encoder

from unfreeze.encoders.freezing import thawed_copy
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.transformer import TransformerEncoder

# ModernBERT's local layers see 4 pieces to either side here, so all but the shortest text are wider than a window.
TEXTS = (
    "the film sat",
    "",
    "good dog",
    "anna and bob ran in paris and in rome and the cat sat and the dog ran and the film bad fine good",
    "unfathomable films",
    "bad dog",
)
SECOND = ("bob ran", "the cat sat in rome and the dog ran in paris and in rome", "", "fine", "cat", "film")
EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES)


def own_states(encoder: TransformerEncoder, text: str, text_b: str | None = None) -> torch.Tensor:
    """(layers, P, width): what transformers gives for one text alone."""
    given = encoder.tokenizer([text], None if text_b is None else [text_b], return_tensors="pt")
    with torch.no_grad():
        out = encoder.model(**given, output_hidden_states=True)
    return torch.cat(out.hidden_states)


def states(encoder: TransformerEncoder, texts: tuple[str, ...], texts_b: tuple[str, ...] | None) -> torch.Tensor:
    inputs = encoder.read_texts(texts, texts_b)
    with torch.no_grad():
        return encoder.encode(inputs.batch(range(len(texts)))).states


@EVERY_FAMILY
def test_packs(family: str) -> None:
    assert make_encoder(family).packs()


@EVERY_FAMILY
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("pairs", [False, True])
def test_states_are_transformers_own(family: str, packed: bool, pairs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = make_encoder(family)
    if not packed:
        monkeypatch.setattr(encoder, "_way", "padded")
    second = SECOND if pairs else None
    expected = [own_states(encoder, text, second[i] if second else None) for i, text in enumerate(TEXTS)]
    got = states(encoder, TEXTS, second)
    assert got.shape == (encoder.layers, sum(e.shape[1] for e in expected), encoder.width)
    torch.testing.assert_close(got, torch.cat(expected, 1), atol=1e-5, rtol=1e-5)
    for i, alone in enumerate(expected):
        one = states(encoder, TEXTS[i : i + 1], second and second[i : i + 1])
        torch.testing.assert_close(one, alone, atol=1e-5, rtol=1e-5)


@EVERY_FAMILY
def test_top_layer_alone_is_the_last_of_all(family: str) -> None:
    encoder = make_encoder(family)
    batch = encoder.read_texts(TEXTS).batch(range(len(TEXTS)))
    with torch.no_grad():
        assert torch.equal(encoder.encode(batch, all_layers=False).states, encoder.encode(batch).states[-1:])


@EVERY_FAMILY
def test_lower_layers_whose_states_are_given_are_not_computed(family: str) -> None:
    """Also in two threads at a time, each with inputs of its own."""
    encoder = make_encoder(family)
    assert encoder.resumes() == ({1, 2, 3} if family != "albert" else set())  # ALBERT has one layer
    inputs, calls = encoder.read_texts(TEXTS), []
    whole = encoder.encode(inputs.batch(range(6)))
    stack = list(encoder.stack())
    for number, part in enumerate(stack):
        part.register_forward_pre_hook(lambda *_, number=number: calls.append(number))  # type: ignore[misc]

    def run(layer: int, chosen: list[int]) -> torch.Tensor:
        batch = inputs.batch(chosen)
        pieces = np.concatenate([np.arange(inputs.offsets[i], inputs.offsets[i + 1]) for i in chosen])
        with torch.no_grad():
            return encoder.encode_above(layer, whole.states[layer, pieces], batch).states[0] - whole.states[-1, pieces]

    for layer in encoder.resumes():
        calls.clear()
        with ThreadPoolExecutor(2) as pool:
            for difference in pool.map(run, [layer] * 8, [[0, 1, 2], [5, 3], [3, 4], [1]] * 2):
                assert difference.abs().max() < 1e-5
        assert set(calls) == set(range(layer, 3))
        assert list(encoder.stack()) == stack


def test_a_run_on_other_states_gives_others() -> None:
    encoder = make_encoder()
    batch = encoder.read_texts(TEXTS).batch(range(6))
    with torch.no_grad():
        known = encoder.encode(batch).states
        assert (encoder.encode_above(2, known[1], batch).states[0] - known[-1]).abs().max() > 0.1


def test_the_local_window_of_modernbert_matters() -> None:
    """Else the parity above would hold without it."""
    narrow, wide = make_encoder("modernbert"), make_encoder("modernbert", local_attention=200)
    wide.load_state_dict(narrow.state_dict())
    long, short = TEXTS[3:4], TEXTS[:1]
    assert not torch.allclose(states(narrow, long, None), states(wide, long, None), atol=1e-2)
    assert torch.allclose(states(narrow, short, None), states(wide, short, None), atol=1e-6)


@pytest.mark.parametrize("family", ["bert", "roberta", "modernbert", "mpnet"])
def test_packed_gradients_are_padded_ones(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fine-tuning runs packed too."""
    packed, padded = make_encoder(family), make_encoder(family)
    monkeypatch.setattr(padded, "_way", "padded")
    batch = packed.read_texts(TEXTS).batch(range(len(TEXTS)))
    for encoder in (packed, padded):
        top = encoder.encode(batch, all_layers=False).states
        (top * torch.linspace(-1, 1, top.numel()).view_as(top)).sum().backward()
    for (name, one), other in zip(packed.named_parameters(), padded.parameters(), strict=True):
        if one.grad is not None:
            scale = float(one.grad.abs().max())
            torch.testing.assert_close(one.grad, other.grad, atol=1e-4 * max(scale, 1), rtol=1e-3, msg=name)


def test_positions_of_roberta_start_after_the_padding_id() -> None:
    encoder = make_encoder("roberta")
    batch = encoder.read_texts(TEXTS).batch(range(len(TEXTS)))
    table = encoder.model.embeddings
    place = torch.cat([torch.arange(n) for n in batch.lengths]) + table.padding_idx + 1
    with torch.no_grad():
        summed = table.word_embeddings(batch.ids) + table.position_embeddings(place)
        expected = table.LayerNorm(summed + table.token_type_embeddings.weight[0])
        assert table.padding_idx == 1
        torch.testing.assert_close(encoder.encode(batch).states[0], expected, atol=1e-5, rtol=1e-5)


def test_token_types_reach_the_model() -> None:
    """Else a pair would be read as one long text; transformers alone would not tell, since its default is zeros."""
    encoder = make_encoder("bert")
    inputs = encoder.read_texts(["the cat"], ["the dog"])
    batch = inputs.batch([0])
    assert batch.types.tolist() == [0, 0, 0, 0, 1, 1, 1]
    table = encoder.model.embeddings
    with torch.no_grad():
        summed = table.word_embeddings(batch.ids) + table.position_embeddings.weight[: len(batch.ids)]
        expected = table.LayerNorm(summed + table.token_type_embeddings(batch.types))
        torch.testing.assert_close(encoder.encode(batch).states[0], expected, atol=1e-5, rtol=1e-5)


@EVERY_FAMILY
def test_layer_groups_cover_what_gets_gradients_once(family: str) -> None:
    encoder = thawed_copy(make_encoder(family))
    batch = encoder.read_texts(TEXTS).batch(range(len(TEXTS)))
    encoder.encode(batch, all_layers=False).states.square().sum().backward()
    grouped = [p for group in encoder.layer_groups() for p in group]
    assert len({id(p) for p in grouped}) == len(grouped)
    taught = {name for name, p in encoder.named_parameters() if p.grad is not None}
    assert taught == {name for name, p in encoder.named_parameters() if any(p is q for q in grouped)}
    assert len(encoder.layer_groups()) == (2 if family == "albert" else encoder.layers)  # ALBERT shares its layer


@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "albert"])
def test_layer_groups_go_from_bottom_to_top(family: str) -> None:
    """Changing group k changes layer k and what is above it, and nothing below."""
    encoder = make_encoder(family).requires_grad_(False)
    before = states(encoder, TEXTS, None)
    for k, group in enumerate(encoder.layer_groups()):
        kept = [p.clone() for p in group]
        for parameter in group:
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(k)))
        changed = [not torch.equal(*layers) for layers in zip(states(encoder, TEXTS, None), before, strict=True)]
        assert changed == [layer >= k for layer in range(encoder.layers)]
        for parameter, old in zip(group, kept, strict=True):
            parameter.copy_(old)


@EVERY_FAMILY
@pytest.mark.parametrize("count", [0, 1, 2])
def test_reinitialise_top_draws_exactly_the_top_layers(family: str, count: int) -> None:
    encoder = make_encoder(family).requires_grad_(False)
    for parameter in encoder.parameters():
        parameter.fill_(7.0)
    encoder.reinitialise_top(count)
    groups = encoder.layer_groups()
    top = [p for group in groups[max(1, len(groups) - count) if count else len(groups) :] for p in group]
    last = {id(p) for name, p in encoder.named_parameters() if "final_norm" in name}  # in the top group, but no layer's
    for name, parameter in encoder.named_parameters():
        fresh = any(parameter is p for p in top) and id(parameter) not in last
        assert bool((parameter == 7.0).all()) is not fresh, name
        if fresh and parameter.ndim > 1:
            assert float(parameter.std()) > 0.05, name
        elif fresh:
            assert set(parameter.tolist()) <= {0.0, 1.0}, name  # biases, and the scales of norms


def test_fingerprint_distinguishes_encoders() -> None:
    encoder = make_encoder("bert")
    digest = encoder.fingerprint()
    encoder.read_texts(TEXTS, SECOND)
    states(encoder, TEXTS, None)
    assert encoder.fingerprint() == digest  # what it was used for leaves no trace
    assert make_encoder("bert").fingerprint() == digest
    assert make_encoder("bert", seed=1).fingerprint() != digest
    assert make_encoder("bert", limit=20).fingerprint() != digest
    with torch.no_grad():
        encoder.model.encoder.layer[1].output.dense.bias[3] += 1e-6
    assert encoder.fingerprint() != digest


def test_fingerprint_covers_the_tokenizer() -> None:
    encoder, other = make_encoder("bert"), make_encoder("bert")
    other.tokenizer.backend_tokenizer.normalizer = None
    assert other.fingerprint() != encoder.fingerprint()


def test_families_differ_in_how_they_frame_a_text() -> None:
    """The oracle covers both kinds of frame and of padding id."""
    assert {family: make_encoder(family).tokenizer.pad_token_id for family in FAMILIES} == {
        family: int(family in ROBERTA_LIKE) for family in FAMILIES
    }


def test_a_real_model_packs_and_gives_its_own_states() -> None:
    encoder = load_encoder("minilm")
    texts = ("The film is a gripping, funny and finally moving one.", "No.", "Zürich, 1998: the naïve café owner's cat")
    assert encoder.packs()
    expected = torch.cat([own_states(encoder, text) for text in texts], 1)
    torch.testing.assert_close(states(encoder, texts, None), expected, atol=1e-5, rtol=1e-5)
