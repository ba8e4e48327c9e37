"""Views of the sections of the page, from facts to the input of each template."""
