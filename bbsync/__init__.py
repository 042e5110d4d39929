"""Mirror Bitbucket Cloud into the JupiterOne graph, with a plan you can read before it is applied."""

__version__ = "0.1.0"
