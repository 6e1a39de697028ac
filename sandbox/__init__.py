"""Pretend BigCommerce and pretend Saasu on your own machine. Never imports portal; the two meet over HTTP only."""
