"""``python -m tests.faults`` writes the page."""

from __future__ import annotations

from tests.faults.document import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
