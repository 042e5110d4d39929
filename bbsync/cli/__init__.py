"""The `bbsync` command. It wires, and decides nothing."""
