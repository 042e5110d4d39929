"""Everything that talks to Bitbucket Cloud."""
