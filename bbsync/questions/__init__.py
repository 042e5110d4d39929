"""Questions that this data answers, one TOML file each in `pack/`: add one there, and it is found, listed and kept."""

from __future__ import annotations

from bbsync.questions._question import Alert, Interval, Level, Question
from bbsync.questions._reading import PACK, questions_in, require_own_titles

__all__ = ["PACK", "Alert", "Interval", "Level", "Question", "questions_in", "require_own_titles"]
