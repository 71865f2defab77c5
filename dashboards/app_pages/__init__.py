"""One module a page, 30 to 60 lines: filters in, query, chart out."""
