"""MiniRocket: fixed convolutions, shares of steps above learned biases as features, and a linear model on them."""
