#!/usr/bin/env bash
# transformers 5.23.0, MraModel (multi-resolution approximate attention) on a processor, torch 2.13.0, Python 3.11.
#
# Expected: a state of an encoder depends on the other pieces of its text; or a model whose attention needs a kernel of
# CUDA refuses to run without one.
# Seen: it runs, without an error, and no piece sees another one: when one piece of 64 is exchanged, the state of that
# piece alone changes, in every layer. The sparse products of its attention are left out where their kernel is missing.
# Features from it on a machine without a GPU are those of a bag of pieces.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" torch==2.13.0
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/more" transformers==5.23.0 numpy==2.4.6
PYTHONPATH="$folder/packages:$folder/more" python3 - <<'PY'
import torch
import transformers

sizes = dict(vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
torch.manual_seed(0)


def changed(model: torch.nn.Module) -> list[int]:
    """Positions whose state, in any layer, differs after the piece at 40 was exchanged."""
    one = torch.randint(5, 50, (1, 64))
    other = one.clone()
    other[0, 40] = 5 if one[0, 40] != 5 else 6
    with torch.no_grad():
        states = [torch.stack(model(ids, output_hidden_states=True).hidden_states) for ids in (one, other)]
    return (states[0] - states[1]).abs().amax((0, 1, 3)).gt(1e-7).nonzero().flatten().tolist()


bert = transformers.BertModel(transformers.BertConfig(**sizes, max_position_embeddings=66)).eval()
mra = transformers.MraModel(transformers.MraConfig(**sizes, max_position_embeddings=66, block_per_row=1)).eval()
print("transformers", transformers.__version__, "torch", torch.__version__)
of_bert, of_mra = changed(bert), changed(mra)
print("positions whose state changes, BERT:", len(of_bert), "of 64; MRA:", of_mra)
assert len(of_bert) == 64
assert of_mra == [40], "the behaviour changed"
PY
