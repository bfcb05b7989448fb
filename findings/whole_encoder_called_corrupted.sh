#!/usr/bin/env bash
# transformers 5.23.0, torch 2.13.0, AutoModelForMaskedLM.from_pretrained, Python 3.11. Needs no network but to install.
#
# Expected: an encoder that was saved without a masked-LM head a moment ago is loaded with a new head, and the warning
# says that the head's weights are new.
# Seen: for BERT and RoBERTa (and others whose head has its bias under two names) a warning before that says that the
# checkpoint seems corrupted. It is whole: each weight of the encoder is loaded bit for bit, the output is tied to the
# embeddings, and all that is missing is the head. For DistilBERT and ModernBERT, saved in the same way, it is not said.
# When the folder has the head, but not a layer of the encoder, it is not said either: that layer is in the table of
# missing weights only. So the word tells nothing about the file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" \
  torch==2.13.0 numpy==2.4.6 transformers==5.23.0
cd "$folder"
HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 PYTHONPATH="$folder/packages" python3 - <<'PY'
import io
import logging

import torch
import transformers
from transformers import AutoConfig, AutoModel, AutoModelForMaskedLM
from transformers.utils import logging as told

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
DISTIL = {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64}
IDS = {"vocab_size": 99, "pad_token_id": 0}
written = io.StringIO()
told.disable_default_handler()
told.disable_progress_bar()
told.add_handler(logging.StreamHandler(written))


def load(name):
    """The model in a folder with a masked-LM head, the names of its new weights, and whether it is called corrupted."""
    begin = written.tell()
    model, info = AutoModelForMaskedLM.from_pretrained(name, output_loading_info=True)
    return model, info["missing_keys"], "corrupted" in written.getvalue()[begin:]


print("transformers", transformers.__version__, "torch", torch.__version__)
seen = {}
for kind in ("bert", "roberta", "distilbert", "modernbert"):
    sizes = DISTIL if kind == "distilbert" else SMALL
    encoder = AutoModel.from_config(AutoConfig.for_model(kind, **sizes, **IDS))
    encoder.save_pretrained(kind)
    model, missing, seen[kind] = load(kind)
    loaded = model.base_model.state_dict()
    assert all(torch.equal(loaded[key], value) for key, value in encoder.state_dict().items() if key in loaded)
    assert not any(key.startswith(model.base_model_prefix + ".") for key in missing)
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight
    print(f"{kind}: the encoder is whole and {len(missing)} weights of the head are new; called corrupted: {seen[kind]}")
model, *_ = load("bert")
kept = {key: value for key, value in model.state_dict().items() if ".layer.1." not in key}
model.save_pretrained("less", state_dict=kept)
_, missing, seen["less"] = load("less")
assert missing and all(".layer.1." in key for key in missing), missing
print(f"bert with its head and without a layer: {len(missing)} weights are missing; called corrupted: {seen['less']}")
wanted = {"bert": True, "roberta": True, "distilbert": False, "modernbert": False, "less": False}
assert seen == wanted, "the behaviour changed"
PY
