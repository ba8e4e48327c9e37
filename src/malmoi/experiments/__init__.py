"""Recipes, and what is done with them: training and measuring, searching."""
