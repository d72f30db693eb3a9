"""The exercises: one module for each notebook. They see records only, never how an answer is written."""
