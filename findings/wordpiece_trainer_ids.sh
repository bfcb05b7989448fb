#!/usr/bin/env bash
# tokenizers 0.23.3, WordPiece trainer, Linux x86_64, Python 3.11.
#
# Expected: the same trainer on the same text gives the same vocabulary; there is no seed, so nothing seems to be random.
# Seen: the pieces that stand inside words ("##a", "##b", ...) have other ids in every process, as a hash table has them.
# Pairs that are equally frequent are merged in the order of these ids, so on real text the pieces themselves differ, too.
# An encoder made from such a vocabulary cannot be repeated, whatever other seeds are set.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/packages" tokenizers==0.23.3
cat > "$folder/train.py" <<'PY'
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
text = ["pack my box with five dozen liquor jugs, said the lazy dog to the quick brown fox"] * 50
trainer = trainers.WordPieceTrainer(vocab_size=80, special_tokens=["[UNK]"], show_progress=False)
tokenizer.train_from_iterator(text, trainer)
ids = tokenizer.get_vocab()
print(" ".join(sorted(ids, key=ids.get)))
PY
export PYTHONPATH="$folder/packages" TOKENIZERS_PARALLELISM=false
for _ in 1 2 3 4 5; do
  python3 "$folder/train.py"
done > "$folder/seen"
cut -c 1-140 "$folder/seen"
different=$(sort -u "$folder/seen" | wc -l)
echo "$different different vocabularies in 5 processes"
[ "$different" -gt 1 ]
