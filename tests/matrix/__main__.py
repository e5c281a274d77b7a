"""``python -m tests.matrix`` writes the page."""

from __future__ import annotations

from tests.matrix.document import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
