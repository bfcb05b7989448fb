"""What other rooms' tests make, for tests here that run alone."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "pretraining"))
