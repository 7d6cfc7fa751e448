"""SQL: questions about small databases, judged by the rows that an answer returns."""
