"""What was promised: plans, their targets and milestones."""
