"""What each section of the page shows, from facts to what its template takes."""
