"""The pretend BigCommerce: the Orders API (V2) of shops that live in memory or in the document store."""
