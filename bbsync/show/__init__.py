"""Plans for people: pure functions of a plan. Everything shown stands in the plan file."""
