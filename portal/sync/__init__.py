"""The pure heart: shop orders in, Saasu sale orders or problems out. No Flask, no SQL, no HTTP, no clock of its own.

Read in this order: `orders` (what comes in), `rules` (a connection's choices), `mapping` (one order becomes one sale order, with
`items`, `discounts`, `lines`, `tax` and `bridge` beneath it), `contacts` (who is billed), `planning` (what to do with an order),
`engine` (one run from the first page to the last outcome), `ports` (what the engine needs from outside).
"""
