"""Use cases: plain functions, one commit each; pages, commands and jobs call nothing deeper."""
