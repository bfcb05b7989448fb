#!/usr/bin/env bash
# pyarrow 26.0.1, Arrow's IPC stream format (what the cache files of `datasets` and save_to_disk hold), Python 3.11.
#
# Expected: a stream that was cut, as a copy that was interrupted leaves it, is an error, as a cut parquet file is.
# Seen: cut behind any of its batches it is read without an error or a warning, with fewer rows. The reader takes the end
# of the file for the end of the stream; the end mark that writers put there is not asked for.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" pyarrow==26.0.1
PYTHONPATH="$folder/packages" python3 - <<'PY'
import pyarrow as pa

table = pa.table({"text": [f"text {i}" for i in range(4000)], "label": [i % 2 for i in range(4000)]})
sink, ends = pa.BufferOutputStream(), []
with pa.ipc.new_stream(sink, table.schema) as writer:
    for batch in table.to_batches(max_chunksize=1000):
        writer.write_batch(batch)
        ends.append(sink.tell())
whole = sink.getvalue()
seen = [pa.ipc.open_stream(whole.slice(0, end)).read_all().num_rows for end in ends]
print("rows written:", table.num_rows, "- rows read of the stream cut behind each batch:", seen)
try:
    pa.ipc.open_stream(whole.slice(0, ends[1] - 64)).read_all()
    inside = "read"
except (OSError, pa.ArrowInvalid) as error:
    inside = f"refused ({str(error)[:60]}...)"
print("cut inside a batch:", inside)
assert seen == [1000, 2000, 3000, 4000], "the behaviour changed"
assert inside.startswith("refused"), "the behaviour changed"
PY
