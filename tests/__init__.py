"""The tests: one folder a layer, house rules in `rules/`, whole journeys in `journeys/`."""
