"""What is measured, and the facts: the catalogue, results with their history, rules, rollups."""
