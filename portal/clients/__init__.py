"""The only code that speaks HTTP: one transport, one module per remote, one pure payload module per remote."""
