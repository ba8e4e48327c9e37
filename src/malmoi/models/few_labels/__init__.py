"""Texts to labels from few labelled texts and many that have no label."""
