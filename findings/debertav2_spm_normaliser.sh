#!/usr/bin/env bash
# transformers 5.23.0, DebertaV2Tokenizer from a folder whose only tokenizer file is spm.model (as DeBERTa-v3 is
# published), with sentencepiece 0.2.3, Python 3.11.
#
# Expected: the tokenizer made from a sentencepiece model cuts texts as sentencepiece does with that model.
# Seen: the normalisation that the model brings along (NFKC by default) is left out. Full-width letters and digits and
# ligatures, which sentencepiece turns into plain letters, become pieces that the vocabulary does not have: unknown to the
# encoder, without a word. English text in plain letters is cut alike, so nobody sees it there.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" \
  transformers==5.23.0 tokenizers==0.23.3 sentencepiece==0.2.3 protobuf==7.36.2
cd "$folder"
PYTHONPATH="$folder/packages" python3 - <<'PY'
import json
import pathlib
import random

import sentencepiece
from transformers import DebertaV2Tokenizer

drawn = random.Random(0)
words = "the quick brown fox jumps over a lazy dog while 12 men walk talk run and sing of a good film or a bad story".split()
pathlib.Path("text").write_text("\n".join(" ".join(drawn.choices(words, k=8)) for _ in range(500)))
sentencepiece.SentencePieceTrainer.train(
    input="text", model_prefix="spm", vocab_size=50, pad_id=0, bos_id=1, eos_id=2, unk_id=3, minloglevel=2,
    pad_piece="[PAD]", unk_piece="[UNK]", bos_piece="[CLS]", eos_piece="[SEP]",
)
pathlib.Path("encoder").mkdir()
pathlib.Path("encoder/spm.model").write_bytes(pathlib.Path("spm.model").read_bytes())
settings = {"tokenizer_class": "DebertaV2Tokenizer", "do_lower_case": False}
pathlib.Path("encoder/tokenizer_config.json").write_text(json.dumps(settings))
tokenizer = DebertaV2Tokenizer.from_pretrained("encoder")
model = sentencepiece.SentencePieceProcessor(model_file="spm.model")
same = {}
for text in ("the quick fox", "\uff41 \uff46\uff4f\uff58 \uff11\uff12", "a good \ufb01lm"):
    wanted, made = model.encode(text, out_type=str), tokenizer.tokenize(text)
    unknown = sum(i == tokenizer.unk_token_id for i in tokenizer.convert_tokens_to_ids(made))
    same[text] = wanted == made
    print(f"{text!r}: sentencepiece {wanted}, transformers {made} ({unknown} unknown)")
assert list(same.values()) == [True, False, False], "the behaviour changed"
PY
