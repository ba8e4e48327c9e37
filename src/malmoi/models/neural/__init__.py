"""Networks: from token ids, or from series, to predictions."""
