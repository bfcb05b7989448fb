"""From settings to an objective: the corpus prepared in the work folder, the model made or loaded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from unfreeze.disk.files import new_folder, write_json
from unfreeze.disk.json_files import in_words
from unfreeze.disk.typed import read_typed
from unfreeze.encoders.elmo import published
from unfreeze.encoders.elmo.bilm import LstmSize
from unfreeze.encoders.elmo.characters import CHARACTERS, LONGEST
from unfreeze.encoders.elmo.model import ElmoModel
from unfreeze.encoders.elmo.token_cnn import CnnSize, Highway
from unfreeze.encoders.packaged import packaged_folder
from unfreeze.encoders.source import source_of
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.errors import InputError
from unfreeze.pretraining.bilm import BiLm
from unfreeze.pretraining.corpus import Document, corpus_files, read_documents
from unfreeze.pretraining.masking import Masker, continuations
from unfreeze.pretraining.mlm import MaskedLm
from unfreeze.pretraining.new_transformer import check_size, new_transformer
from unfreeze.pretraining.objective import Corpus, Objective, WordCorpus
from unfreeze.pretraining.pieces import dtype_of, prepare_pieces, wordpiece
from unfreeze.pretraining.prepared import HELD_OUT, TRAIN, open_prepared
from unfreeze.pretraining.settings import SIZES, BilmSize, Pretraining, SkipSize, TransformerSize, size_of
from unfreeze.pretraining.skip_thoughts import SkipThoughts, SkipThoughtsModel
from unfreeze.pretraining.word_softmax import SOFTMAX, WordSoftmax
from unfreeze.pretraining.words import DTYPE, prepare_words, read_words
from unfreeze.training.seeds import seeded

CORPUS, RECORD = "corpus", "corpus.json"
CONTINUED_LENGTH, CONTINUED_BATCH, CONTINUED_RATE = 128, 8192, 1e-4
FRESH_HEAD_RATE = 3e-4  # a head that begins with random weights has more to learn
Tell = Callable[[str], None]


def objective_for(settings: Pretraining, work: Path, device: torch.device, tell: Tell) -> Objective:
    """The objective with its corpus in `work`, or in `settings.prepared`, where it is prepared if it does not exist.

    Raises:
        InputError: the corpus, a size or the encoder to continue from is invalid.
    """
    place = _Place(work, None if settings.prepared is None else Path(settings.prepared))
    if settings.start is None:
        size_of(settings)  # a mistake there is reported before much text is read
    if settings.objective == "mlm":
        masked = _masked_lm(settings, place, tell)
        masked.module.to(device)
        return masked
    if settings.objective == "skip-thoughts":
        skip = _skip_thoughts(settings, place, tell)
        skip.module.to(device)
        return skip
    both = _bilm(settings, place, tell)
    both.module.to(device)
    both.to(device)
    return both


def _documents(settings: Pretraining) -> Iterator[Document]:
    return read_documents(corpus_files([Path(path) for path in settings.corpus]))


@dataclass(frozen=True)
class _Place:
    """Where texts are prepared: in a run's own folder, or in one for many runs, where names have digests.

    Attributes:
        work: of the run.
        shared: for every run that is given it; None keeps all in `work`.
    """

    work: Path
    shared: Path | None

    def folder(self, name: str, key: str) -> Path:
        """The folder of what `key` describes."""
        return self.work / name if self.shared is None else self.shared / f"{name}-{key}"


def _digest(*about: object) -> str:
    return blake2b(json.dumps(about).encode(), digest_size=8).hexdigest()


def _files(settings: Pretraining) -> list[tuple[str, int]]:
    """Names and sizes in bytes of the files of text."""
    return [(path.name, path.stat().st_size) for path in corpus_files([Path(path) for path in settings.corpus])]


def _prepared(
    settings: Pretraining, place: _Place, reading: str, prepare: Callable[[Path], tuple[int, int]], tell: Tell
) -> tuple[Corpus, Path]:
    """The corpus with its folder, prepared there unless it exists, of the same files and read in the same way."""
    files = _files(settings)
    key = _digest(files, reading, settings.most)
    folder = place.folder(CORPUS, key)
    record, begun = folder / RECORD, place.work / RECORD  # `begun` is of a run that shares its texts
    for known in (record, begun, place.work / CORPUS / RECORD):
        if known.exists() and _known(known).key != key:
            raise InputError("the corpus is not the one that this run was started with", where=str(folder.parent))
    if not record.exists():
        tell(f"Reading {len(files)} file{'s'[: len(files) != 1]} of text")
        with new_folder(folder) as unfinished:
            tokens, held_out = prepare(unfinished)
            write_json(unfinished / RECORD, asdict(Corpus(tokens, held_out, key)))
    corpus = _known(record)
    if place.shared is not None:
        write_json(begun, asdict(corpus))
    return corpus, folder


def _known(record: Path) -> Corpus:
    return read_typed(record, Corpus, remedy=f"delete the folder {record.parent} and start the same command again")


def _masked_lm(settings: Pretraining, place: _Place, tell: Tell) -> MaskedLm:
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    begun = _new_model(settings, place, tell) if settings.start is None else _known_model(settings, tell)
    model, tokenizer, size = begun
    reading = json.dumps([tokenizer.backend_tokenizer.to_str()])
    corpus, folder = _prepared(
        settings, place, reading, lambda to: prepare_pieces(to, _documents(settings), tokenizer, settings.most), tell
    )
    dtype = dtype_of(len(tokenizer))
    text, held = (open_prepared(folder / part, dtype, len(tokenizer)) for part in (TRAIN, HELD_OUT))
    for name, part in (("part to train on", text), ("held-out part", held)):
        if len(part.ids) < size.length:
            problem = f"is too small: its {name} has {len(part.ids)} pieces, one input has {size.length}"
            raise InputError(problem, where="CORPUS")
    others = np.setdiff1d(np.arange(len(tokenizer)), tokenizer.all_special_ids)
    masker = Masker(
        settings.mask_share, tokenizer.mask_token_id, others, settings.masking == "80-10-10",
        continuations(tokenizer) if settings.whole_words else None,
    )  # fmt: skip
    made = MaskedLm(
        model, tokenizer, masker, corpus, text, held, size=size, dropout=settings.dropout, seed=settings.seed,
        pairs=settings.next_sentence,
    )  # fmt: skip
    if settings.start is not None:
        made.check_head()
    return made


def _word_corpus(settings: Pretraining, place: _Place, tell: Tell) -> WordCorpus:
    about, folder = _prepared(
        settings,
        place,
        settings.tokenizer,
        lambda to: prepare_words(to, _documents(settings), settings.tokenizer, settings.most),
        tell,
    )
    words = read_words(folder)
    text, held = (open_prepared(folder / part, DTYPE, len(words)) for part in (TRAIN, HELD_OUT))
    return WordCorpus(about, words, text, held)


def _skip_thoughts(settings: Pretraining, place: _Place, tell: Tell) -> SkipThoughts:
    corpus = _word_corpus(settings, place, tell)
    size = size_of(settings)
    assert isinstance(size, SkipSize)
    with seeded(settings.seed):
        model = SkipThoughtsModel(corpus.words[: size.vocabulary], size.word_width, size.hidden)
    made = SkipThoughts(model, corpus, size=size, seed=settings.seed, tokenizer=settings.tokenizer)
    for name, part in (("part to train on", made.text), ("held-out part", made.held)):
        if not len(part.middle):
            problem = f"is too small: in its {name} no sentence stands between two others of one document"
            raise InputError(problem, where="CORPUS")
    return made


def _bilm(settings: Pretraining, place: _Place, tell: Tell) -> BiLm:
    corpus = _word_corpus(settings, place, tell)
    with seeded(settings.seed):
        model, softmax, size = (_new_elmo if settings.start is None else _known_elmo)(settings, corpus.words)
    model.lm.dropout = settings.dropout
    return BiLm(model, softmax, corpus, size=size, seed=settings.seed, reading={"tokenizer": settings.tokenizer})


def _new_elmo(settings: Pretraining, words: Sequence[str]) -> tuple[ElmoModel, WordSoftmax, BilmSize]:
    size = size_of(settings)
    assert isinstance(size, BilmSize)
    for width, _ in size.filters:
        if width > LONGEST:
            raise InputError(f"filters: one is {width} characters wide; a word has {LONGEST}", where="--size")
    cnn = CnnSize(CHARACTERS, size.embedding, size.filters, size.highways, size.projection)
    model = ElmoModel(cnn, LstmSize(size.hidden, size.projection, size.layers))
    with torch.no_grad():
        model.cnn.embedding[0] = 0  # no character has this number
        for highway in model.cnn.highways:
            assert isinstance(highway, Highway)
            nn.init.constant_(highway.carry.bias, -2.0)  # as bilm-tf begins: most of a word passes unchanged
    return model, WordSoftmax(size.projection, words[: size.vocabulary]), size


def _known_elmo(settings: Pretraining, words: Sequence[str]) -> tuple[ElmoModel, WordSoftmax, BilmSize]:
    name = str(settings.start)
    folder = packaged_folder(name) or Path(name)
    if not published.is_published(folder):
        raise InputError("is not the folder of a published ELMo", where=f"--from {name}")
    options = published.read_options(folder)
    model = ElmoModel(options.cnn, options.lstm)
    model.load_state_dict(published.read_weights(folder, options))
    width = options.lstm.projection
    has_softmax = (folder / SOFTMAX).exists()
    like = SIZES["bilm"]["mini"]
    assert isinstance(like, BilmSize)
    softmax = WordSoftmax.load(width, folder) if has_softmax else WordSoftmax(width, words[: like.vocabulary])
    size = BilmSize(
        options.cnn.embedding, options.cnn.filters, options.cnn.highways, options.lstm.hidden, width,
        options.lstm.layers, len(softmax.words), like.length, settings.batch or like.batch,
        settings.learning_rate or CONTINUED_RATE,
    )  # fmt: skip
    return model, softmax, size


def _new_model(settings: Pretraining, place: _Place, tell: Tell) -> tuple[Any, Any, TransformerSize]:
    from transformers import AutoTokenizer

    size = size_of(settings)
    assert isinstance(size, TransformerSize)
    check_size(size)
    vocabulary = _digest(_files(settings), size.vocabulary, settings.lower_case, size.length)
    folder = place.folder("tokenizer", vocabulary)
    if not folder.exists():
        tell(f"Making a vocabulary of {size.vocabulary:,} pieces")
        with new_folder(folder) as unfinished:
            wordpiece(_documents(settings), size.vocabulary, settings.lower_case, size.length).save_pretrained(
                unfinished
            )
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:  # a truncated file fails in many ways
        problem = f"cannot be read: {in_words(error)}; delete it and start the same command again"
        raise InputError(problem, where=str(folder)) from None
    model = new_transformer(
        settings.architecture, size, tokenizer, next_sentence=settings.next_sentence, seed=settings.seed
    )
    return model, tokenizer, size


def _known_model(settings: Pretraining, tell: Tell) -> tuple[Any, Any, TransformerSize]:
    from transformers import AutoModelForMaskedLM, BertForPreTraining

    from unfreeze.encoders.hugging_face import load_transformer

    name = str(settings.start)
    try:
        encoder = load_transformer(name)  # reports what is wrong with a folder
    except InputError as error:
        raise InputError(error.message, where=(error.where or "").replace("--encoder", "--from")) from None
    _check_start(settings, encoder)
    where = source_of(name).where
    kind: Any = BertForPreTraining if settings.next_sentence else AutoModelForMaskedLM
    try:
        with seeded(settings.seed):
            model, found = kind.from_pretrained(
                where,
                config=deepcopy(encoder.model.config),
                dtype=torch.float32,
                use_safetensors=True,
                output_loading_info=True,
                trust_remote_code=False,
            )
    except (ValueError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"cannot be loaded with a masked-LM head: {reason}", where=f"--from {name}") from None
    fresh = _fresh_head(model, found["missing_keys"], f"--from {name}")
    if fresh:
        tell(f"{name} has no masked-LM head: one begins with random weights, its output tied to the embeddings")
    config = model.config
    inner = int(getattr(config, "intermediate_size", 0))
    size = TransformerSize(
        encoder.layers - 1, encoder.width, int(config.num_attention_heads), inner,
        len(encoder.tokenizer), min(CONTINUED_LENGTH, encoder.max_length), settings.batch or CONTINUED_BATCH,
        settings.learning_rate or (FRESH_HEAD_RATE if fresh else CONTINUED_RATE),
    )  # fmt: skip
    return model, encoder.tokenizer, size


def _fresh_head(model: Any, missing: Iterable[str], where: str) -> bool:
    """Whether the weights of a model lack its whole head, which then has the random ones that the model began with.

    Raises:
        InputError: other weights are missing, or a part of the head alone, or a new head would not be tied.
    """
    optional = ("pooler", "seq_relationship")  # of which masked-LM needs none
    lacking = sorted(key for key in missing if not any(part in key for part in optional))
    if not lacking:
        return False
    inside = f"{model.base_model_prefix}."
    head = {key for key, _ in model.named_parameters() if not key.startswith(inside) and optional[1] not in key}
    if any(key.startswith(inside) for key in lacking) or not head <= set(lacking):
        raise InputError(f"is incomplete: its weights lack {lacking[0]}", where=where)
    if model.get_output_embeddings().weight is not model.get_input_embeddings().weight:
        raise InputError(
            "has no masked-LM head, and a new one of its kind is not tied to the embeddings; use an encoder that was "
            "saved with its head",
            where=where,
        )
    return True


def _check_start(settings: Pretraining, encoder: TransformerEncoder) -> None:
    """Raise `InputError` where training cannot continue from an encoder: it is of the wrong kind, or lacks a piece."""
    where, tokenizer, config = f"--from {settings.start}", encoder.tokenizer, encoder.model.config
    kind = getattr(config, "model_type", None)
    if encoder.causal:
        raise InputError(f"is a decoder ({kind}): a masked-LM head reads pieces on both sides", where=where)
    if settings.next_sentence and (kind != "bert" or encoder.tables.types < 2):
        problem = f"is of type {kind!r} with {encoder.tables.types} token types"
        raise InputError(f"{problem}; --next-sentence continues from a BERT with two", where=where)
    for name in ("mask", "cls", "sep"):
        if getattr(tokenizer, f"{name}_token_id") is None:
            problem = "its tokenizer has no masking piece" if name == "mask" else f"its tokenizer has no {name}_token"
            raise InputError(f"{problem}, which inputs are made with", where=where)
    rows = encoder.tables.pieces
    if rows is not None and max(tokenizer.get_vocab().values()) >= rows:
        problem = f"its tokenizer has pieces past the {rows:,} rows of the model's table"
        raise InputError(f"{problem}; enlarge that with resize_token_embeddings", where=where)
