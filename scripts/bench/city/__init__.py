"""A city on paper: what machines, links and storage so many cameras need, by measured costs."""
