"""Preview: what the panels will show, as a page for any browser."""
