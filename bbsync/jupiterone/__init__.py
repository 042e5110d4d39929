"""Everything that talks to JupiterOne."""
