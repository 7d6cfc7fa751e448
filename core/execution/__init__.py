"""Running what is not trusted: isolation, deadlines, and processes that can be killed."""
