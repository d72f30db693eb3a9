"""For authors and graders: makes the notebooks, proves the exercises, judges answers."""
