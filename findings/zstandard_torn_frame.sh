#!/usr/bin/env bash
# zstandard 0.25.0 (python-zstandard), Python 3.11.
#
# Expected: reading a .zst file that was cut short is an error, as it is with gzip, bz2 and lzma of the standard library.
# Seen: `zstandard.open` and `stream_reader` give what can be unpacked and then the end of the file, without an error.
# Half a corpus is read as a whole one. That a frame did not end can be seen with `decompressobj().eof` alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" zstandard==0.25.0
PYTHONPATH="$folder/packages" python3 - <<'PY'
import gzip
import io
import random

import zstandard

drawn = random.Random(0)
text = " ".join(str(drawn.randrange(10**6)) for _ in range(200_000)).encode()
packed = zstandard.ZstdCompressor().compress(text)
torn = packed[: len(packed) // 2]
by_open = len(zstandard.open(io.BytesIO(torn), "rb").read())
by_reader = len(zstandard.ZstdDecompressor().stream_reader(io.BytesIO(torn)).read())
frame = zstandard.ZstdDecompressor().decompressobj()
frame.decompress(torn)
print(f"{len(text):,} bytes written; of half the file {by_open:,} and {by_reader:,} are read; end of frame: {frame.eof}")
try:
    gzip.decompress(gzip.compress(text)[: len(packed) // 2])
    other = "read"
except EOFError as error:
    other = f"EOFError: {error}"
print("gzip, torn in the same way:", other)
assert 0 < by_open == by_reader < len(text) and not frame.eof and other.startswith("EOFError"), "the behaviour changed"
PY
