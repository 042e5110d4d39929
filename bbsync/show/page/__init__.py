"""The HTML report: what stands on it as values, and the template, style sheet and script that it is made of."""
