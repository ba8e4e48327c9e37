"""MiniRocket: fixed convolutions of a series, the shares of steps above learned biases, and a linear model on them."""
