"""Questions and alert rules in JupiterOne: what should be there, what is there, and the difference."""

from __future__ import annotations
