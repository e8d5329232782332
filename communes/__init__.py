"""Places and people: units with dates, groups, officials, posts, and the one judge of access."""
