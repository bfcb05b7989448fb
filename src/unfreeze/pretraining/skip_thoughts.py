"""Skip-thoughts: a sentence's vector predicts the words of the sentences before and after it (Kiros et al. 2015)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from unfreeze.encoders.precision import Precision, autocast
from unfreeze.encoders.protocol import Ints, ranges
from unfreeze.encoders.skip_thoughts.published import write_published
from unfreeze.encoders.skip_thoughts.reading import Options
from unfreeze.encoders.skip_thoughts.vocabulary import END as END_WORD
from unfreeze.encoders.skip_thoughts.vocabulary import UNKNOWN, Vocabulary
from unfreeze.encoders.words import Tokenizer
from unfreeze.layers.gru import gru_states
from unfreeze.layers.recurrence import rows_of
from unfreeze.pretraining.objective import Indices, WordCorpus
from unfreeze.pretraining.prepared import Prepared
from unfreeze.pretraining.settings import SkipSize
from unfreeze.pretraining.word_softmax import END, FIRST, WordSoftmax, classes_of

HELD_OUT_SENTENCES = 2048
NAMES = ("previous", "next")
_QUOTES = ("``", "''")  # as the encoder's own splitting writes them


class SkipThoughtsModel(nn.Module):
    """A GRU over word vectors, and two that predict its neighbours from its last state.

    Args:
        words: those that have a vector, most frequent first.
        word_width, hidden: of word vectors and of all GRUs.
    """

    def __init__(self, words: Sequence[str], word_width: int, hidden: int) -> None:
        super().__init__()
        self.words = words
        self.embedding = nn.Embedding(FIRST + len(words), word_width)
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        self.encoder = nn.GRU(word_width, hidden)
        self.decoders = nn.ModuleList(nn.GRU(word_width + hidden, hidden) for _ in NAMES)
        self.softmax = WordSoftmax(hidden, words)
        with torch.no_grad():
            for name, bias in self.encoder.named_parameters():
                if name.startswith("bias_hh"):  # which the published GRU does not have
                    bias.zero_().requires_grad_(False)

    def vectors(self, words: Tensor, lengths: Tensor) -> Tensor:
        """(N, hidden) of sentences of classes (L, N) with these lengths (N,)."""
        order = lengths.argsort(descending=True, stable=True)
        packed = pack_padded_sequence(words[:, order], lengths[order])
        states = _states(self.encoder, self.embedding(packed.data), packed)
        ends = (packed.batch_sizes.cumsum(0) - packed.batch_sizes)[lengths[order] - 1] + torch.arange(len(order))
        return states[ends[order.argsort()]]

    def loss(self, which: int, vectors: Tensor, words: Tensor, lengths: Tensor) -> Tensor:
        """(): sum of the cross-entropy of neighbours (L, N), whose last word is the end, after vectors (N, hidden)."""
        before = torch.cat([torch.full_like(words[:1], END), words[:-1]])
        order = lengths.argsort(descending=True, stable=True)
        read, packed = (pack_padded_sequence(one[:, order], lengths[order]) for one in (before, words))
        of = torch.cat([order[:count] for count in packed.batch_sizes.tolist()])
        given = torch.cat([self.embedding(read.data), vectors[of]], 1)
        return self.softmax.loss(_states(self.decoders[which], given, packed), packed.data)


def _states(gru: nn.Module, given: Tensor, packed: PackedSequence) -> Tensor:
    """(R, hidden) of rows of input (R, width) that lie as those of `packed`; on a GPU torch's, which is one kernel."""
    if given.is_cuda:
        states: Tensor = gru(PackedSequence(given, packed.batch_sizes))[0].data
        return states
    of_input, recurrent, bias, recurrent_bias = gru.parameters()
    rows = rows_of(packed.batch_sizes.tolist())
    return gru_states(F.linear(given, of_input, bias), rows, recurrent, recurrent_bias)


class Triples:
    """Sentences between two of the same document, in another order at every pass.

    Args:
        length: words that are read of a sentence.
        classes: (V,) class of every word of the corpus.
    """

    def __init__(self, text: Prepared, classes: Ints, length: int, seed: int) -> None:
        self.text, self.classes, self.length, self.seed = text, classes, length, seed
        edge = np.zeros(len(text.sentences) - 1, np.bool_)
        edge[text.documents[:-1]] = edge[text.documents[1:] - 1] = True
        self.middle = np.flatnonzero(~edge)
        self._known: tuple[int, Ints] = (-1, self.middle)

    def chosen(self, first: int, count: int) -> Ints:
        """(count,) sentences number `first` and on, counted over all passes."""
        turns, places = np.divmod(np.arange(first, first + count), len(self.middle))
        return np.concatenate([self._order(int(turn))[places[turns == turn]] for turn in np.unique(turns)])

    def _order(self, turn: int) -> Ints:
        if self._known[0] != turn:
            self._known = turn, np.random.default_rng((self.seed, 4, turn)).permutation(self.middle)
        return self._known[1]

    def read(self, sentences: Ints) -> tuple[Ints, Ints]:
        """Classes (L, N) of sentences with `END` behind each and after it, and the lengths with one `END`."""
        starts = np.asarray(self.text.sentences[sentences])
        counts = np.minimum(self.text.sentences[sentences + 1] - starts, self.length)
        out = np.full((int(counts.max()) + 1, len(sentences)), END, np.int64)
        column = np.repeat(np.arange(len(sentences)), counts)
        out[ranges(np.zeros_like(counts), counts), column] = self.classes[self.text.ids[ranges(starts, counts)]]
        return out, counts + 1


class SkipThoughts:
    """See `Objective`.

    Args:
        corpus: what is read.
        size: of which `length`, `batch` and `learning_rate` are read here.
        tokenizer: how texts become words, stored with the encoder.
    """

    unit = "words"

    def __init__(
        self,
        model: SkipThoughtsModel,
        corpus: WordCorpus,
        *,
        size: SkipSize,
        seed: int,
        tokenizer: Tokenizer,
    ) -> None:
        self.module, self.corpus, self.tokenizer = model, corpus.about, tokenizer
        self.sizes, self.learning_rate = asdict(size), size.learning_rate
        classes, text = classes_of(corpus.words, model.words), corpus.text
        self.text, self.held = (Triples(part, classes, size.length, seed) for part in (text, corpus.held))
        mean = len(text.ids) / (len(text.sentences) - 1)
        self.rows, self.step_tokens = max(1, round(size.batch / mean)), size.batch

    @property
    def flops(self) -> float:
        """See `Objective`: those of the GRUs' products and the softmax's first part."""
        model = self.module
        grus = [(model.encoder, 1), *((gru, 1) for gru in model.decoders)]
        inside = sum(p.numel() for gru, _ in grus for p in gru.parameters() if p.ndim == 2)
        return 3 * 2 * float(inside + 2 * model.softmax.head.weight.numel())

    def batch(self, step: int) -> Ints:
        """See `Objective`: the sentences in the middle, longest first."""
        sentences = self.text.chosen(step * self.rows, self.rows)
        sizes = self.text.text.sentences[sentences + 1] - self.text.text.sentences[sentences]
        return sentences[np.argsort(-sizes, kind="stable")]

    def tokens(self, batch: Ints) -> int:
        """See `Objective`: words of the sentences in the middle."""
        sizes = self.text.text.sentences[batch + 1] - self.text.text.sentences[batch]
        return int(np.minimum(sizes, self.text.length).sum())

    def parts(self, batch: Ints, count: int) -> Sequence[Indices]:
        """See `Objective`; long and short sentences in each."""
        return [rows for rows in (np.arange(k, len(batch), count) for k in range(count)) if len(rows)]

    def loss(self, batch: Ints, rows: Indices) -> Tensor:
        """See `Objective`."""
        sums, _ = self._losses(self.text, batch[rows])
        total = sum(int(self.text.read(batch + step)[1].sum()) for step in (-1, 1))
        return (sums.sum() / total)[None]

    def held_out(self, precision: Precision) -> dict[str, float]:
        """See `Objective`: a word of both neighbours, then of each."""
        sums, counts = np.zeros(2), np.zeros(2)
        device = self.module.softmax.head.weight.device
        training = self.module.training
        self.module.eval()
        with torch.no_grad(), autocast(device, precision, cache=False):
            for first in range(0, min(HELD_OUT_SENTENCES, len(self.held.middle)), self.rows):
                some = self.held.middle[:HELD_OUT_SENTENCES][first : first + self.rows]
                losses, count = self._losses(self.held, some)
                sums += losses.cpu().numpy()
                counts += count
        self.module.train(training)
        return {"loss": float(sums.sum() / counts.sum()), **dict(zip(NAMES, (sums / counts).tolist(), strict=True))}

    def carried(self) -> Mapping[str, Tensor]:
        """See `Objective`: nothing."""
        return {}

    def carry(self, state: Mapping[str, Tensor]) -> None:
        """See `Objective`: nothing."""

    def save(self, folder: Path) -> None:
        """The files as published: dictionary, table of word vectors, and the GRU of one direction."""
        table = self.module.embedding.weight.detach().float().cpu().numpy()
        words, rows = [END_WORD, UNKNOWN], [END, END + 1]
        for row, word in enumerate(self.module.words, FIRST):
            for name in _QUOTES if word == '"' and self.tokenizer == "treebank" else (word,):
                if name not in (END_WORD, UNKNOWN):
                    words.append(name)
                    rows.append(row)
        vocabulary = Vocabulary(words, {"uni": table[rows]})
        options = Options(kind="uni", use_eos=True, tokenizer=self.tokenizer)
        write_published(folder, {"uni": self.module.encoder}, vocabulary, options)

    def _losses(self, triples: Triples, sentences: Ints) -> tuple[Tensor, Ints]:
        """(2,) sums of the cross-entropy of the neighbours, and their words."""
        device = self.module.softmax.head.weight.device

        def read(which: Ints) -> tuple[Tensor, Tensor]:
            words, lengths = triples.read(which)
            return torch.from_numpy(words).to(device), torch.from_numpy(lengths)

        vectors = self.module.vectors(*read(sentences))
        neighbours = [read(sentences + step) for step in (-1, 1)]
        sums = [self.module.loss(which, vectors, *words) for which, words in enumerate(neighbours)]
        return torch.stack(sums), np.array([int(lengths.sum()) for _, lengths in neighbours])
