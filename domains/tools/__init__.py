"""Tools: requests answered with typed calls, judged by what was wanted."""
