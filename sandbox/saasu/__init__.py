"""A pretend Saasu: the part of its REST API that a sale-order connector meets, kept in memory."""
