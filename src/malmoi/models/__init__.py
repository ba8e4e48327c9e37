"""Fitted models and the estimators that make them."""
