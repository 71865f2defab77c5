"""What pages share: filters, texts, formats, theme, charts. No SQL in here; that is in queries/."""
