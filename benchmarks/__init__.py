"""Speed and memory of ldapom beside its peers; see `benchmarks.__main__`.

The entry classes are those of the examples.
"""

from __future__ import annotations

import sys
from pathlib import Path

#: Where ``models.py`` is.
EXAMPLES = str(Path(__file__).parent.parent / "examples")
sys.path.append(EXAMPLES)
