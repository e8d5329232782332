"""Pages of what somebody is told, and of how they want to be told it."""
