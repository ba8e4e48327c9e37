"""Text classification from few labelled texts and many unlabelled texts."""
