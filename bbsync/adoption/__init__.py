"""Moving in: the graph that the existing integration wrote, in our keys."""

from bbsync.adoption.adopting import Adopted, Arrivals, adopt
from bbsync.adoption.rebasing import rebased

__all__ = ["Adopted", "Arrivals", "adopt", "rebased"]
