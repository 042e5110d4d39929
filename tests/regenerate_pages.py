"""Write the generated pages anew: `python -m tests.regenerate_pages`. Read what changed before you commit it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.pages.data_model import data_model
from tests.pages.decisions import decisions_page
from tests.pages.exit_codes import exit_codes_page
from tests.pages.messages import messages_page
from tests.pages.questions import questions_page
from tests.pages.readme import readme
from tests.pages.settings import settings_page

FOLDER = Path(__file__).parent.parent / "specs"

PAGES: dict[str, Callable[[], str]] = {
    "../README.md": readme,
    "data-model.md": data_model,
    "decisions/README.md": decisions_page,
    "exit-codes.md": exit_codes_page,
    "messages.md": messages_page,
    "questions.md": questions_page,
    "settings.md": settings_page,
}


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
